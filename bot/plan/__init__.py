"""What may move, in which group, and how far it gets when it is solved.

Comes in: units (what one lock holds together), an index, a configuration. Goes out: proposals with their new texts, what is
held back or turned off with the reason, and the questions that had no answer. A unit is put on trial, its candidates are
searched group by group, and a proposal is what the edited repository really locks to.
"""
