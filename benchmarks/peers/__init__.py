"""Plain services that somebody would write instead, to compare with."""
