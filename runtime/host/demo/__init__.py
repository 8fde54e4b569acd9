"""The demo of `make run`: `python -m runtime.host.demo FOLDER` plays it; its node runs on.

`cast.py` says who takes part, `story.py` what they do, `tell.py` what a reader is told of it, and
`folder.py` keeps the node and its keys. All goes over the node's pseudo-terminal by the same
steps as the command line, and all that is told is what the node answered.
"""
