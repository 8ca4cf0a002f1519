"""The tables that can be asked: which there are, who may read which rows, their columns and sizes."""
