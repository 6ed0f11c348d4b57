"""The truth: tables, guarded moves and queries, the same on SQLite and PostgreSQL.

    database    the engine, its transactions, and the lock that makes one process the sender
    tables      what is kept
    collected   messages as they come in, and the cursor
    moves       the one way to change a letter's stage
    letters     what is read: lists, dossiers, work that waits
    drafts      assessments and revisions
    learning    what people decided letters are about, and what was learned from it
    facts       facts with a date that people verified
    sends       frozen replies, attempts and their two durable marks
    recall      replies that can still be called back
    news        what has happened lately, for pages that are open
    people      who may sign in

Every write happens in `Database.write(name)`: one transaction, named after its verb.
"""
