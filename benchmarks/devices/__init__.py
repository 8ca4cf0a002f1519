"""What devices send and how it is analysed, measured."""
