//! Text as both services write it: canonical lines, three-way merge, what is neutralised on the way.
