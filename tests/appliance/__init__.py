"""The path of users on the simulated node, each request counted in cycles: `make sim`.

`metered.py` has the node and its cycles, `counted.py` the client that counts, `path.py` what is
done, `replay.py` the same commands on a software node, `tell.py` what a reader is told.
"""
