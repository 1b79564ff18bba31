"""What every measurement stands on: a home with its database, stand-ins, processes, clocks and memory."""
