"""Telling people what waits for them: when each is looked at, what is there then, and the mail about it.

The relay notes that a person is to be told of something (``delivery_notice``: one row for each person and kind of
mail) and when that is to be looked at. The look reads what there is by then, and writes one mail, or none, or puts
the row off. docs/explanation/notifications.md says the rules.
"""
