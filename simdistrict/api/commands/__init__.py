"""What the commands of the program do, as functions: from the words of a user to values.

They print nothing and know no exit code. Each module serves the command of its name.
"""
