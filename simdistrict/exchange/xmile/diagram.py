def diagram(*a):
    return ()
