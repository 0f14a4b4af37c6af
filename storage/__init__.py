"""The only room that speaks to the database: rows, migrations, snapshots and commits, claims, blobs.

No rules live here.
"""
