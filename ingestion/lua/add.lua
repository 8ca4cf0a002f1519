-- Keep a batch of events; gives the entry's id, or nothing when the buffer is full. Follows keep.lua.
return keep()
