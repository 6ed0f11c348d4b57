"""Assignment and care, people and their sessions, texts changed at the desk, tokens, webhooks, and what is searched."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "choices",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choices")),
    )
    op.create_index(op.f("ix_choices_name"), "choices", ["name"], unique=False)
    op.create_table(
        "house_log",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house_log")),
    )
    op.create_index(op.f("ix_house_log_at"), "house_log", ["at"], unique=False)
    op.create_table(
        "texts",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_texts")),
    )
    op.create_index("ix_texts_kind_name", "texts", ["kind", "name"], unique=False)
    op.create_table(
        "told",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("up_to", SERIAL, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_told")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("letter_id", SERIAL, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_alerts_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_letter_id"), "alerts", ["letter_id"], unique=False)
    op.create_index(op.f("ix_alerts_next_try_at"), "alerts", ["next_try_at"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_invitations_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_person_id"), "invitations", ["person_id"], unique=False)
    op.create_table(
        "letter_topics",
        sa.Column("letter_id", SERIAL, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_letter_topics_letter_id")),
        sa.PrimaryKeyConstraint("letter_id", "topic", name=op.f("pk_letter_topics")),
    )
    op.create_index("ix_letter_topics_topic", "letter_topics", ["topic", "letter_id"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_recovery_codes_person_id")),
        sa.PrimaryKeyConstraint("person_id", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "search_texts",
        sa.Column("letter_id", SERIAL, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_search_texts_letter_id")),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_search_texts")),
    )
    op.create_table(
        "second_readings",
        sa.Column("letter_id", SERIAL, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_second_readings_letter_id")),
        sa.PrimaryKeyConstraint("letter_id", "revision", "person", name=op.f("pk_second_readings")),
    )
    op.create_table(
        "stated",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("letter_id", SERIAL, nullable=False),
        sa.Column("slots", sa.JSON(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_stated_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stated")),
    )
    op.create_index(op.f("ix_stated_letter_id"), "stated", ["letter_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_tokens_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tokens_token_hash")),
    )
    op.create_index(op.f("ix_tokens_person_id"), "tokens", ["person_id"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("webhook_id", SERIAL, nullable=False),
        sa.Column("audit_id", SERIAL, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_deliveries_audit_id")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("webhook_id", "audit_id", name=op.f("uq_deliveries_webhook_id_audit_id")),
    )
    op.create_index(op.f("ix_deliveries_next_try_at"), "deliveries", ["next_try_at"], unique=False)
    op.create_index(op.f("ix_deliveries_webhook_id"), "deliveries", ["webhook_id"], unique=False)
    op.add_column("letters", sa.Column("place", sa.Text(), server_default="", nullable=False))
    op.add_column("letters", sa.Column("assigned_to", sa.Text(), server_default="", nullable=False))
    op.add_column("letters", sa.Column("taken_by", sa.Text(), server_default="", nullable=False))
    op.add_column("letters", sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_letters_assigned_to", "letters", ["assigned_to", "stage"], unique=False)
    op.create_index("ix_letters_sender_email", "letters", ["sender_email", "received_at"], unique=False)
    op.create_index("ix_letters_stage_place", "letters", ["stage", "place", "id"], unique=False)
    op.add_column("people", sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("people", sa.Column("email", sa.Text(), server_default="", nullable=False))
    op.add_column("people", sa.Column("totp_secret", sa.Text(), server_default="", nullable=False))
    op.add_column("people", sa.Column("totp_last", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("people", sa.Column("identity", sa.Text(), server_default="", nullable=False))
    op.add_column("people", sa.Column("stopped_at", SERIAL, nullable=True))
    op.add_column("people", sa.Column("stopped_on", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sessions", sa.Column("address", sa.Text(), server_default="", nullable=False))
    op.add_column("sessions", sa.Column("browser", sa.Text(), server_default="", nullable=False))
    op.add_column("sessions", sa.Column("pending", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("sessions", "pending")
    op.drop_column("sessions", "browser")
    op.drop_column("sessions", "address")
    op.drop_column("people", "stopped_on")
    op.drop_column("people", "stopped_at")
    op.drop_column("people", "identity")
    op.drop_column("people", "totp_last")
    op.drop_column("people", "totp_secret")
    op.drop_column("people", "email")
    op.drop_column("people", "active")
    op.drop_index("ix_letters_stage_place", table_name="letters")
    op.drop_index("ix_letters_sender_email", table_name="letters")
    op.drop_index("ix_letters_assigned_to", table_name="letters")
    op.drop_column("letters", "taken_at")
    op.drop_column("letters", "taken_by")
    op.drop_column("letters", "assigned_to")
    op.drop_column("letters", "place")
    op.drop_index(op.f("ix_deliveries_webhook_id"), table_name="deliveries")
    op.drop_index(op.f("ix_deliveries_next_try_at"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index(op.f("ix_tokens_person_id"), table_name="tokens")
    op.drop_table("tokens")
    op.drop_index(op.f("ix_stated_letter_id"), table_name="stated")
    op.drop_table("stated")
    op.drop_table("second_readings")
    op.drop_table("search_texts")
    op.drop_table("recovery_codes")
    op.drop_index("ix_letter_topics_topic", table_name="letter_topics")
    op.drop_table("letter_topics")
    op.drop_index(op.f("ix_invitations_person_id"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(op.f("ix_alerts_next_try_at"), table_name="alerts")
    op.drop_index(op.f("ix_alerts_letter_id"), table_name="alerts")
    op.drop_table("alerts")
    op.drop_table("webhooks")
    op.drop_table("told")
    op.drop_index("ix_texts_kind_name", table_name="texts")
    op.drop_table("texts")
    op.drop_index(op.f("ix_house_log_at"), table_name="house_log")
    op.drop_table("house_log")
    op.drop_index(op.f("ix_choices_name"), table_name="choices")
    op.drop_table("choices")
