"""How the service is, what it signs in with, what machines write, drafts in the mail program, and what was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_index("ix_letters_stage_risk", "letters", ["stage", "risk", "received_at"], unique=False)
    op.add_column("replies", sa.Column("provider_id", sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_replies_provider_id"), "replies", ["provider_id"], unique=False)
    op.create_table(
        "credentials",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_credentials")),
    )
    op.create_table(
        "erased_messages",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_erased_messages")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_table(
        "holds",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_table(
        "steps",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("every_seconds", sa.Float(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_steps")),
    )
    op.create_table(
        "troubles",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_troubles")),
    )
    op.create_index(
        "uq_troubles_open",
        "troubles",
        ["kind", "about"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.alter_column("audit_id", existing_type=SERIAL, nullable=True)
        batch_op.add_column(sa.Column("trouble_id", SERIAL, nullable=True))
        batch_op.create_foreign_key(op.f("fk_deliveries_trouble_id"), "troubles", ["trouble_id"], ["id"])
        batch_op.create_unique_constraint(
            op.f("uq_deliveries_webhook_id_trouble_id_event"), ["webhook_id", "trouble_id", "event"]
        )
    op.add_column("polls", sa.Column("kind", sa.Text(), server_default="", nullable=False))
    op.add_column("polls", sa.Column("refusals", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "acknowledgements",
        sa.Column("letter_id", SERIAL, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_acknowledgements_letter_id")),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_acknowledgements")),
        sa.UniqueConstraint("message_id", name=op.f("uq_acknowledgements_message_id")),
    )
    op.create_index("ix_acknowledgements_phase", "acknowledgements", ["phase", "retry_at"], unique=False)
    op.create_index("ix_acknowledgements_recipient", "acknowledgements", ["recipient", "made_at"], unique=False)
    op.create_table(
        "draft_copies",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("letter_id", SERIAL, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_draft_copies_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_copies")),
        sa.UniqueConstraint("letter_id", "revision", name=op.f("uq_draft_copies_letter_id_revision")),
        sa.UniqueConstraint("message_id", name=op.f("uq_draft_copies_message_id")),
    )
    op.create_index(op.f("ix_draft_copies_letter_id"), "draft_copies", ["letter_id"], unique=False)
    op.create_table(
        "bounces",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("letter_id", SERIAL, nullable=False),
        sa.Column("reply_id", SERIAL, nullable=False),
        sa.Column("report_id", SERIAL, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_bounces_letter_id")),
        sa.ForeignKeyConstraint(["reply_id"], ["replies.id"], name=op.f("fk_bounces_reply_id")),
        sa.ForeignKeyConstraint(["report_id"], ["letters.id"], name=op.f("fk_bounces_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
        sa.UniqueConstraint("report_id", name=op.f("uq_bounces_report_id")),
    )
    op.create_index(op.f("ix_bounces_letter_id"), "bounces", ["letter_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_letters_stage_risk", table_name="letters")
    op.drop_index(op.f("ix_replies_provider_id"), table_name="replies")
    op.drop_column("replies", "provider_id")
    op.drop_table("bounces")
    op.drop_table("draft_copies")
    op.drop_table("acknowledgements")
    op.drop_column("polls", "refusals")
    op.drop_column("polls", "kind")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_deliveries_webhook_id_trouble_id_event"), type_="unique")
        batch_op.drop_constraint(op.f("fk_deliveries_trouble_id"), type_="foreignkey")
        batch_op.drop_column("trouble_id")
        batch_op.alter_column("audit_id", existing_type=SERIAL, nullable=False)
    op.drop_table("troubles")
    op.drop_table("steps")
    op.drop_table("holds")
    op.drop_table("erasures")
    op.drop_table("erased_messages")
    op.drop_table("credentials")
