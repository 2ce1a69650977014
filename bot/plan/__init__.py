"""What may move, in which group, and how far it gets when it is solved.

A unit is put on a trial; its candidates are searched group by group; a proposal is what the edited repository locks to.
"""
