"""What people read about runs and plans, as sentences to be translated."""
