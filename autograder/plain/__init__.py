"""The ground floor: errors, text, results, values and the frames that carry them.

It knows no subject and no room above it.
"""
