"""The truth: tables, guarded moves and queries, the same on SQLite and PostgreSQL.

    database      the engine, its transactions, and the lock that makes one process the sender
    tables        what is kept
    moves         the one way to change a letter's stage
    collected     messages as they come in, and the cursor
    letters       whole dossiers, and work that waits
    places        where a letter stands in a list; filters, finding, listing, neighbours: lists and search
    drafts        assessments and revisions; details, revisions, search: what belongs to them
    learning      what people decided letters are about, and what was learned from it
    facts, texts  facts, templates and voices as people changed them at the desk
    sends         frozen replies, attempts and their two durable marks; recall: those that can be called back
    caring        who took a letter, who sees to it, who has read its reply; alerts: who was told of it
    news          what has happened lately, for pages that are open; stopping: where a person stopped
    people        who may sign in; sessions, invitations, identities, second_factor, tokens: how
    house         settings of the desk, and what happened at it apart from letters
    figures       what is counted
    webhooks      programs that are told, and what they were told

Every write happens in `Database.write(name)`: one transaction, named after its verb.
"""
