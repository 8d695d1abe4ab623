"""One reader per kind of input file: files of the user in, typed values out."""
