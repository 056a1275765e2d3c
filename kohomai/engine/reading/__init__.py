"""Reads a funnel's document into typed models, and says everything that is wrong with it on the way.

The same reading checks a draft (``engine.validation``) and makes the definition that journeys run on
(``engine.document``): what passes the one can always be run by the other.
"""
