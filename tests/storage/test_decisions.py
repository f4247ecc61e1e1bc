"""What decisions promise under load, races and violence, on both engines."""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection, Pipe
from types import SimpleNamespace

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from brandstudio.domain.review import BY_MAKER, ReviewStatus, Verdict
from brandstudio.errors import (
    ConnectionLostError,
    DatabaseBusyError,
    RequestReusedError,
    ReviewClosedError,
)
from brandstudio.services import reviews
from brandstudio.services.operations import decision_chain
from brandstudio.storage.decisions import reviews as rows
from brandstudio.storage.engine.database import open_database
from campaigns.faults.deciding import Order, at_once, decide_naively, decide_shipped, kept
from tests.filling import MAKER, REVIEWERS, Filling, decider, fill

RITA, ROB = REVIEWERS
VARIANTS = 200


@pytest.fixture
def url(database_url):
    """A database in which 200 variants wait for a decision."""
    with closing(open_database(database_url)) as database:
        fill(database, Filling(VARIANTS))
    return database_url


@pytest.fixture
def studio(url):
    built = decider(url)
    yield built
    built.database.close()


def sound(studio) -> bool:
    """Whether chain and derived state say the same thing."""
    return decision_chain.verify(studio).fault is None and list(decision_chain.drift(studio)) == []


def patiently(decide, *asked, **named):
    """Try again while the studio is busy, as it asks people to; a starved machine may need it."""
    while True:
        with suppress(DatabaseBusyError):
            return decide(*asked, **named)


def test_two_processes_on_one_variant_lose_nothing(url, studio):
    orders = [Order(url, person, (1,), 300, n) for n, person in enumerate(REVIEWERS)]
    tallies = at_once(decide_shipped, orders)
    assert sum(tally.busy for tally in tallies) == 0
    assert kept(url) == {"decisions": VARIANTS + 600, "versions": VARIANTS + 600, "chain_fault": ""}
    assert sound(studio)


def test_the_naive_setting_does_lose_in_the_same_harness(url):
    """The test of the test: a harness that finds no loss here would find none anywhere."""
    orders = [Order(url, person, (1,), 150, n) for n, person in enumerate(REVIEWERS)]
    acknowledged = sum(len(tally.seconds) for tally in at_once(decide_naively, orders))
    assert acknowledged == 300
    assert kept(url)["versions"] < VARIANTS + acknowledged


def test_two_reviewers_of_the_same_cards_give_one_winner_each(url, studio):
    variants = range(1, VARIANTS + 1)

    def decide_all(person):
        own, won, lost = decider(url), 0, []
        for variant in variants:
            try:
                patiently(
                    reviews.decide, own, variant, Verdict.APPROVE, person=person, expected_version=1
                )
                won += 1
            except ReviewClosedError as error:
                lost.append(str(error))
        own.database.close()
        return won, lost

    with ThreadPoolExecutor(2) as pool:
        (rita_won, rita_lost), (rob_won, rob_lost) = pool.map(decide_all, REVIEWERS)
    assert rita_won + rob_won == VARIANTS == len(rita_lost) + len(rob_lost)
    assert all(said.startswith("rob approved this ") for said in rita_lost)
    assert all(said.startswith("rita approved this ") for said in rob_lost)
    assert sound(studio)


def test_one_request_from_eight_threads_is_one_row_and_eight_equal_answers(studio):
    def ask(_number):
        return reviews.decide(studio, 7, Verdict.APPROVE, person=RITA, request_id="a-click")

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(8)))
    assert len(answers) == 1
    history = reviews.history(studio, 7, person=RITA)
    assert [d.verdict for d in history] == [Verdict.SUBMIT, Verdict.APPROVE]


@pytest.mark.parametrize(
    "other",
    [
        {"variant_id": 8},
        {"verdict": Verdict.REOPEN},
        {"person": ROB},
        {"comment": "changed my mind"},
        {"expected_version": 4},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_request_id_with_other_content_is_refused_and_changes_nothing(studio, other):
    asked = {"variant_id": 7, "verdict": Verdict.APPROVE, "person": RITA, "request_id": "a-click"}
    first = reviews.decide(studio, **asked)
    with pytest.raises(RequestReusedError):
        reviews.decide(studio, **asked | other)
    assert reviews.history(studio, 7, person=RITA)[-1] == first
    assert len(reviews.history(studio, 8, person=RITA)) == 1


def test_a_verdict_on_what_has_moved_since_it_was_seen_says_who_moved_it(studio):
    noon = studio.now()
    reviews.decide(studio, 7, Verdict.REJECT, person=ROB, comment="dull")
    studio = SimpleNamespace(**vars(studio) | {"now": lambda: noon.replace(year=2099)})
    with pytest.raises(ReviewClosedError, match=r"rob rejected this \d+ days ago") as refused:
        reviews.decide(studio, 7, Verdict.APPROVE, person=RITA, expected_version=1)
    assert refused.value.variant_status is ReviewStatus.REJECTED
    assert refused.value.hint.startswith("Nothing was changed.")


def test_taking_a_decision_back_supersedes_it(studio):
    first = reviews.decide(studio, 7, Verdict.APPROVE, person=RITA)
    undone = reviews.decide(studio, 7, Verdict.REOPEN, person=RITA, expected_version=first.version)
    again = reviews.decide(studio, 7, Verdict.APPROVE, person=RITA)
    assert (first.supersedes_id, undone.supersedes_id, again.supersedes_id) == (
        None,
        first.id,
        None,
    )


def test_a_decision_records_who_in_which_role_on_which_brand_version(studio):
    said = reviews.decide(studio, 7, Verdict.APPROVE, person=RITA)
    assert (said.reviewer_id, said.reviewer, said.reviewer_role) == (RITA.id, "rita", "reviewer")
    assert (said.expected_version, said.version, said.brand_digest) == (1, 2, f"{0:064x}")


@pytest.mark.parametrize("verb", ["update", "delete", "truncate"])
def test_the_database_refuses_to_change_or_drop_a_decision(studio, verb):
    engine = studio.database.engine
    if verb == "truncate" and engine.dialect.name == "sqlite":
        return  # SQLite has no such statement
    statement = {
        "update": "UPDATE decisions SET comment = 'x' WHERE id = 1",
        "delete": "DELETE FROM decisions WHERE id = 1",
        "truncate": "TRUNCATE decisions",
    }[verb]
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


# --- with the triggers off


def without_triggers(studio, *statements: str) -> None:
    """What somebody with the database's password could do."""
    sqlite = studio.database.engine.dialect.name == "sqlite"
    off = [
        f"DROP TRIGGER decisions_no_{verb}" for verb in ("update", "delete")
    ] if sqlite else ["ALTER TABLE decisions DISABLE TRIGGER USER"]  # fmt: skip
    with studio.database.engine.connect() as connection:
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            for statement in (*off, *statements):
                connection.exec_driver_sql(statement)


COLUMNS = (
    "request_id, variant_id, expected_version, verdict, reviewer_id, reviewer, reviewer_role,"
    " comment, sha256, brand_digest, supersedes_id, decided_at"
)
TAMPERED = {
    "changed": (["UPDATE decisions SET comment = 'fine' WHERE id = 50"], 50, "was changed"),
    "reviewer changed": (["UPDATE decisions SET reviewer_id = 2 WHERE id = 9"], 9, "was changed"),
    "moment changed": (
        ["UPDATE decisions SET decided_at = '2026-01-01 00:00:00' WHERE id = 3"],
        3,
        "was changed",
    ),
    "dropped": (["DELETE FROM decisions WHERE id = 60"], 60, "is missing"),
    "reordered": (
        [
            "UPDATE decisions SET id = -1 WHERE id = 70",
            "UPDATE decisions SET id = 70 WHERE id = 71",
            "UPDATE decisions SET id = 71 WHERE id = -1",
        ],
        70,
        "does not follow",
    ),
    "inserted": (
        [
            f"INSERT INTO decisions (id, {COLUMNS}, prev_hash, hash) SELECT 201, 'forged',"
            " variant_id, 1, 'approve', 2, 'rita', 'reviewer', '', sha256, brand_digest, NULL,"
            " decided_at, 'invented', 'invented too' FROM decisions WHERE id = 80",
        ],
        201,
        "does not follow",
    ),
}


@pytest.mark.parametrize(("statements", "row", "said"), TAMPERED.values(), ids=TAMPERED)
def test_a_tampered_log_is_named_by_its_first_bad_row(studio, statements, row, said):
    without_triggers(studio, *statements)
    fault = decision_chain.verify(studio).fault
    assert fault is not None
    assert fault.decision_id == row
    assert said in str(fault)


def test_a_head_that_left_the_house_shows_that_the_newest_rows_are_gone(studio):
    head = decision_chain.verify(studio).head
    assert decision_chain.verify(studio, wanted_head=head).holds_wanted
    without_triggers(studio, "DELETE FROM decisions WHERE id = 200")
    report = decision_chain.verify(studio, wanted_head=head)
    assert report.fault is None
    assert not report.holds_wanted


def test_a_status_that_was_changed_by_hand_is_found_and_put_right(studio):
    with studio.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE variants SET review = 'approved' WHERE id = 5")
    [found] = decision_chain.drift(studio)
    assert (found.variant_id, found.stored[0], found.rebuilt[0]) == (5, "approved", "pending")
    assert decision_chain.rebuild(studio) == 1
    assert sound(studio)


# --- violence


def decide_until_killed(url: str, told: Connection, seed: int) -> None:
    studio, chance = decider(url), random.Random(seed)
    for number in range(10**6):
        verdict = (Verdict.APPROVE, Verdict.REOPEN)[number % 2]
        person = chance.choice(REVIEWERS)
        said = reviews.decide(studio, seed, verdict, person=person, request_id=f"{seed}-{number}")
        os.write(told.fileno(), f"{said.request_id}\n".encode())


def test_no_acknowledged_decision_is_lost_to_fifteen_kills(url, studio):
    context, chance = get_context("forkserver"), random.Random(15)
    context.set_forkserver_preload(["campaigns.faults.deciding"])
    acknowledged: list[str] = []
    for seed in range(1, 16):
        hears, tells = Pipe(duplex=False)
        victim = context.Process(target=decide_until_killed, args=(url, tells, seed))
        victim.start()
        tells.close()
        hears.poll(30)
        time.sleep(chance.uniform(0, 0.08))
        victim.kill()
        victim.join()
        acknowledged += _heard(hears)
    with studio.database.reading() as session:
        stored = set(session.scalars(text("SELECT request_id FROM decisions")))
    assert len(acknowledged) >= 15
    assert set(acknowledged) <= stored
    assert sound(studio)


def _heard(pipe: Connection) -> list[str]:
    with os.fdopen(os.dup(pipe.fileno()), "rb") as file:
        said = file.read().decode()
    pipe.close()
    return [line for line in said.split("\n")[:-1] if line]


# --- PostgreSQL alone


@pytest.fixture
def served(postgresql):
    """A studio on PostgreSQL, its server, and a database in which 200 variants wait."""
    url = postgresql.fresh()
    with closing(open_database(url)) as database:
        fill(database, Filling(VARIANTS))
    built = decider(url)
    yield built
    built.database.close()
    postgresql.drop(url)


def test_a_connection_that_breaks_after_the_commit_was_sent_decides_once(served):
    dialect = served.database.engine.dialect
    commit, broken = dialect.do_commit, []

    def commit_then_break(connection):
        commit(connection)
        if not broken:
            broken.append(True)
            connection.dbapi_connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    dialect.do_commit = commit_then_break
    try:
        said = reviews.decide(served, 7, Verdict.APPROVE, person=RITA, request_id="a-click")
    finally:
        dialect.do_commit = commit
    assert broken
    assert reviews.history(served, 7, person=RITA)[1:] == (said,)
    assert sound(served)


def test_a_server_that_restarts_in_the_middle_loses_and_doubles_nothing(served, postgresql):
    def decide_all():
        for variant in range(1, VARIANTS + 1):
            for _ in range(100):
                try:
                    reviews.decide(
                        served, variant, Verdict.APPROVE, person=RITA, request_id=f"c-{variant}"
                    )
                    break
                except (ConnectionLostError, DatabaseBusyError):
                    time.sleep(0.1)

    deciding = threading.Thread(target=decide_all)
    deciding.start()
    time.sleep(0.3)
    postgresql.restart()
    deciding.join()
    assert kept(served.database.engine.url.render_as_string())["decisions"] == 2 * VARIANTS
    assert sound(served)


def test_a_claim_does_not_wait_for_whoever_is_writing(served):
    with served.database.writing() as writing:
        writing.execute(text("SELECT 1"))
        with served.database.claiming() as claiming:
            assert claiming.scalar(text("SELECT 1")) == 1


def test_a_page_sees_one_moment_however_many_statements_it_takes(served):
    with served.database.reading() as session:
        before = rows.count(session, ReviewStatus.PENDING, None)
        reviews.decide(served, 7, Verdict.APPROVE, person=RITA)
        assert rows.count(session, ReviewStatus.PENDING, None) == before


# --- histories


@pytest.fixture(scope="module")
def in_memory():
    """What is tried on it is the bookkeeping, not the disk."""
    built = decider("sqlite://")
    fill(built.database, Filling(100, pending_share=0.5))
    yield built
    built.database.close()


variants_taken = count(0, 4)


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(Verdict), st.integers(0, 4)), max_size=20)
)
@settings(max_examples=25)
def test_any_history_leaves_every_variant_where_its_decisions_put_it(in_memory, asked):
    first = next(variants_taken) % 100
    for number, verdict, version in asked:
        person = MAKER if verdict in BY_MAKER else RITA
        with suppress(ReviewClosedError):
            reviews.decide(
                in_memory,
                first + number,
                verdict,
                person=person,
                comment="a reason",
                expected_version=version or None,
            )
    assert sound(in_memory)
