"""The command line, one file per noun. Exit codes: 0 done, 1 the answer is no, 2 wrong use."""
