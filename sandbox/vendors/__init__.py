"""Stand-ins for the vendors that customers write through; `stage.py` tells how to write one."""
