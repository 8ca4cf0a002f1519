"""What devices measured, analysed: at once, by a worker, over intervals, for a whole fleet."""
