"""What is in a data set and what is wrong with it: checks, suspects, and a report of both.

`examine` runs every check and returns `Findings`; `report` makes one page of them.
"""
