"""Survey documents: what is in one, what is wrong with one, what a page of one asks and takes. Pure, no rows."""
