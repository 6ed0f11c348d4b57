"""The door between the desk and hostile bytes: messages are taken apart in a process that can be killed.

process   our side: starts the child, asks it, kills it and starts it anew
child     the other side: imports only what parsing needs, and keeps to its limits
wire      what passes between them: frames of bytes over two pipes
"""
