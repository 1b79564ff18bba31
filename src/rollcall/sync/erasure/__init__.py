"""What is left of people whom their owner has erased: nothing that names them, wherever they were mentioned."""
