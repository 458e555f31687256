"""File imports: files of any size, through the one write path, in chunks that outlive every process."""
