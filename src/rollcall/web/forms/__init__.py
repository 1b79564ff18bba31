"""Reading what people typed into bigger forms."""
