"""The fault matrix: for each step and fault the tests that stand for it. A row without a test fails."""

import ast

import pytest

from tests.cast import ROOT

MAIL, DESK = "tests/faults/test_rows_mail.py", "tests/faults/test_rows_desk.py"
IMAP, TROUBLE, BOXES = "tests/mailbox/test_imap.py", "tests/mailbox/test_trouble.py", "tests/mailbox/test_in_trouble.py"
SENDING, CALLS, KILLS = "tests/test_sending.py", "tests/faults/test_calls.py", "tests/faults/test_kills.py"
LETTERS = "tests/test_desk.py"
NTH = (CALLS, "test_whatever_call_fails_nothing_is_lost_doubled_or_hidden")

MATRIX: dict[str, tuple[tuple[str, str], ...]] = {
    "the IMAP server refuses connections, or its certificate or its name is wrong": (
        (MAIL, "test_a_name_that_nobody_knows_is_asked_again_ever_more_seldom"),
        (TROUBLE, "test_a_server_that_is_away_is_tried_again"),
        (TROUBLE, "test_a_server_that_is_not_trusted_never_hears_the_password"),
        (TROUBLE, "test_mallory_cannot_talk_the_desk_out_of_starttls"),
        (BOXES, "test_a_server_that_is_away_is_asked_ever_more_seldom_up_to_a_quarter_of_an_hour"),
    ),
    "the sign-in is refused": (
        (BOXES, "test_three_refused_sign_ins_stop_all_tries_for_an_hour_or_until_a_person_asks"),
        (TROUBLE, "test_what_servers_say_to_a_login_is_understood"),
    ),
    "an access token has expired": (
        ("tests/test_signing_in.py", "test_a_token_that_the_mail_server_no_longer_takes_is_renewed_once_and_works"),
        ("tests/test_signing_in.py", "test_processes_that_need_a_new_token_at_once_ask_for_one_only"),
        ("tests/test_signing_in.py", "test_an_ended_sign_in_stands_at_the_desk_and_the_service_is_left_in_peace"),
    ),
    "the folder was moved or deleted": (
        (BOXES, "test_a_renamed_folder_is_named_with_those_that_are_there"),
        (IMAP, "test_a_missing_folder_needs_a_person"),
    ),
    "UIDVALIDITY changed": (
        (MAIL, "test_a_folder_made_anew_with_its_numbers_given_to_other_letters_makes_no_new_drafts"),
        (IMAP, "test_a_folder_made_anew_is_noticed_after_reconnecting"),
    ),
    "FETCH dies in the middle": (
        (MAIL, "test_wherever_the_inbox_hangs_up_in_the_middle_of_an_answer_every_letter_comes_once"),
        (LETTERS, "test_a_message_that_breaks_the_server_is_isolated_retried_three_times_and_shown"),
        NTH,
    ),
    "garbage, a huge literal, a lying size": (
        (MAIL, "test_a_message_with_a_lying_size_is_put_before_a_person_and_the_next_ones_come"),
        (BOXES, "test_no_bytes_that_a_server_sends_end_the_desk"),
    ),
    "a letter that the parser raises at, hangs at, or takes all memory for": (
        ("tests/test_reader.py", "test_a_letter_that_takes_too_long_is_shown_raw_and_the_next_one_is_read"),
        ("tests/test_reader.py", "test_a_letter_that_takes_too_much_memory_is_shown_raw"),
        (
            "tests/test_reader.py",
            "test_a_letter_that_kills_the_reader_is_put_before_a_person_and_the_next_one_is_drafted",
        ),
        ("tests/test_parsing.py", "test_no_message_stops_the_desk"),
    ),
    "the same Message-ID twice": (
        (MAIL, "test_the_same_message_id_is_one_letter_with_the_same_content_and_two_with_another"),
        (LETTERS, "test_the_same_message_seen_again_makes_no_second_letter"),
    ),
    "flagging or moving fails or breaks off": (
        (MAIL, "test_flagging_and_moving_that_break_off_are_taken_up_where_they_were"),
        (IMAP, "test_without_uidplus_a_move_is_refused_before_anything_is_copied"),
    ),
    "the database is locked": (
        (DESK, "test_a_database_that_another_one_holds_for_a_moment_is_waited_for"),
        (DESK, "test_a_database_that_another_one_holds_for_long_changes_not_by_half"),
    ),
    "the disk is full": (
        (DESK, "test_a_disk_that_is_full_at_the_moment_of_a_write_loses_and_doubles_nothing"),
        (
            "tests/test_disk_full.py",
            "test_nothing_is_fetched_or_sent_while_there_is_no_room_and_all_goes_on_when_there_is",
        ),
        ("tests/test_disk_full.py", "test_the_pages_can_be_read_and_say_so_and_readiness_is_red"),
    ),
    "PostgreSQL ends the connections": (
        (DESK, "test_postgresql_ends_every_connection_at_points_of_the_walk"),
        NTH,
    ),
    "power loss": ((DESK, "test_what_was_acknowledged_survives_power_loss_as_far_as_the_database_promises"),),
    "the model fails, is missing, or is slow": (
        (DESK, "test_without_its_model_the_desk_keeps_every_letter_and_reads_them_once_it_is_there"),
        (DESK, "test_while_a_slow_model_reads_replies_go_out"),
        (LETTERS, "test_one_letter_that_breaks_the_reading_does_not_stop_the_others"),
    ),
    "the draft cannot be rendered": (
        (DESK, "test_a_draft_that_cannot_be_rendered_leaves_an_empty_one_with_the_reason"),
    ),
    "approved by a double click": (
        ("tests/web/test_deciding.py", "test_approving_twice_makes_one_reply_and_the_second_is_told"),
        ("tests/web/test_deciding.py", "test_two_advisors_approving_at_once_make_one_reply"),
    ),
    "two advisors, or a text that was changed after it was read": (
        (LETTERS, "test_nobody_overwrites_a_newer_revision_or_approves_a_stale_one"),
        ("tests/web/test_two_texts.py", "test_ali_sees_both_texts_whatever_button_he_pressed"),
    ),
    "the session or the role ends between the page and the click": (
        ("tests/web/test_forms_and_headers.py", "test_somebody_signed_out_while_writing_keeps_the_text"),
        (
            "tests/faults/test_rows_people.py",
            "test_ali_who_lost_his_role_between_the_page_and_the_click_keeps_his_text",
        ),
    ),
    "SMTP fails before 354": (
        (SENDING, "test_a_temporary_refusal_is_tried_again_later"),
        (SENDING, "test_a_line_that_dies_before_the_body_is_safe_to_try_again"),
        (SENDING, "test_one_wrong_sign_in_is_enough_for_all_replies_of_an_account"),
    ),
    "4xx or 5xx after the dot": (
        (SENDING, "test_a_temporary_refusal_is_tried_again_later"),
        (SENDING, "test_a_refusal_for_good_goes_to_a_person_who_can_write_anew"),
    ),
    "loss, timeout or garbage after the dot": (
        (SENDING, "test_a_line_that_dies_with_the_body_is_unknown_and_never_sent_again_by_itself"),
        (SENDING, "test_garbage_after_the_body_is_unknown"),
        (MAIL, "test_wherever_the_mail_server_hangs_up_in_the_middle_of_an_answer_no_reply_goes_out_twice"),
    ),
    "250, then a crash before the commit": (
        ("tests/test_crashes.py", "test_killed_at_any_commit_nothing_is_lost_or_doubled_on_sqlite"),
        (SENDING, "test_an_unknown_reply_that_stands_in_sent_was_sent"),
    ),
    "loss at QUIT": ((MAIL, "test_a_server_that_hangs_up_after_it_took_a_reply_has_it_and_takes_the_next"),),
    "the copy in Sent fails or is repeated": (
        (SENDING, "test_trouble_with_the_copy_is_noted_and_never_touches_the_sent_reply"),
        (SENDING, "test_a_copy_is_filed_in_sent_once"),
        NTH,
    ),
    "kill -9 at any point": (
        ("tests/test_crashes.py", "test_killed_at_any_commit_nothing_is_lost_or_doubled_on_sqlite"),
        ("tests/test_crashes.py", "test_killed_at_any_commit_nothing_is_lost_or_doubled_on_postgresql"),
        (KILLS, "test_killed_at_random_moments_under_load_nothing_is_lost_or_doubled"),
    ),
    "a sender freezes, is taken over, and goes on": (
        (DESK, "test_a_sender_that_froze_and_was_taken_over_hands_nothing_over_twice"),
        (SENDING, "test_a_sender_that_was_written_off_hands_nothing_over"),
    ),
    "the clock jumps by a day": ((DESK, "test_a_clock_that_jumps_by_a_day_sends_nothing_twice"),),
    "two schedulers": (
        (DESK, "test_two_services_at_once_on_one_database_do_everything_once"),
        (SENDING, "test_only_one_process_of_the_desk_sends"),
    ),
    "what the service wrote down of itself is wiped": (
        (DESK, "test_what_the_service_wrote_down_of_itself_can_be_wiped_without_losing_a_letter"),
    ),
    "an old backup is restored": (
        ("tests/test_backups.py", "test_what_was_sent_after_the_backup_is_not_sent_again_and_shows_as_answered"),
        ("tests/test_backups.py", "test_a_reply_that_was_on_its_way_when_the_backup_was_made_is_never_sent_again"),
    ),
}
"""Each fault, and where it is put on the desk: file and test."""


@pytest.mark.parametrize("fault", MATRIX)
def test_each_fault_has_its_test(fault: str) -> None:
    assert MATRIX[fault], "no test stands for this fault"
    for file, name in MATRIX[fault]:
        there = {
            node.name for node in ast.parse((ROOT / file).read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
        }
        assert name in there, f"{file} has no {name}"


def test_each_row_that_is_tested_here_stands_in_the_matrix() -> None:
    named = {name for tests in MATRIX.values() for _, name in tests}
    for file in (ROOT / "tests" / "faults").glob("test_rows_*.py"):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert node.name in named, f"{file.name}: {node.name}"
