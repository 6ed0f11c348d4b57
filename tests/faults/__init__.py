"""Every fault that the world is known for, put on the desk on purpose, and what has to hold after each.

    invariants     what has to hold, asked by one function
    house          the desk with doors that fail where a test says
    test_matrix    each row of the fault matrix, and the tests that stand for it
    calls          the n-th call at every door fails, for n = 1, 2, ...
    kills          kill -9 at random moments while letters arrive and people approve
    week           seven days of simulated time with everything that can go wrong

`python -m tests.faults` runs the last three for longer than the tests do.
"""
