"""The conformance suite and the import rules turn red when something is broken (docs/decisions/0003)."""

import pytest
from scratch import Scratch

SUITE = "tests/channels/test_conformance.py"
WEAKENED = {
    "no secret is compared": (
        "channels/kit/verify.py",
        "return bool(ours) and hmac.compare_digest(_bytes(given), _bytes(ours))",
        "return bool(ours)",
        "test_without_its_proof_nothing_is_taken",
    ),
    "a channel checks only that a signature is there": (
        "channels/web_form/adapter.py",
        "standard_webhook(call, settings.signing_secret.get_secret_value())",
        'assert call.headers["webhook-signature"]',
        "signed_badly.json",
    ),
    "the signed time is not checked": (
        "channels/kit/verify.py",
        "    require_fresh(timestamp, call.received_at)\n",
        "",
        "test_a_signed_time_is_good_for_five_minutes",
    ),
    "the old secret is not tried": (
        "channels/kit/edge.py",
        "if source.previous is None:",
        "if source:",
        "test_an_old_secret_is_good_only_during_its_rotation",
    ),
}


@pytest.mark.parametrize("how", WEAKENED)
def test_a_weakened_signature_check_is_found(scratch: Scratch, how: str) -> None:
    file, old, new, found_by = WEAKENED[how]
    scratch.change(file, old, new)
    done = scratch.pytest(SUITE)
    assert done.returncode == 1, done.stdout + done.stderr
    assert found_by in done.stdout


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("signed_badly.json", "none is badly signed"),
        ("signed*.json", "none of a source that signs"),
        ("test_call.json", "none is ignored"),
    ],
)
def test_missing_fixtures_are_found(scratch: Scratch, pattern: str, complaint: str) -> None:
    for path in (scratch.root / "channels" / "web_form" / "fixtures").glob(pattern):
        path.unlink()
    done = scratch.pytest(SUITE, "-k", "needs and web_form")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"channels/web_form/fixtures: {complaint}" in done.stdout


def test_a_half_made_channel_is_found_and_named(scratch: Scratch) -> None:
    (scratch.root / "channels" / "sparrow").mkdir()
    (scratch.root / "channels" / "sparrow" / "__init__.py").write_text('name = "sparrow"\n')
    done = scratch.pytest(SUITE)
    assert done.returncode != 0
    assert "channels/sparrow is half made" in done.stdout


def test_a_channel_that_imports_another_is_found(scratch: Scratch) -> None:
    scratch.change(
        "channels/web_form/words.py",
        "from channels.kit.contract import Outcome\n",
        "from channels.kit.contract import Outcome\nfrom channels.telegram import name\n",
    )
    done = scratch.run("lint-imports", "--no-cache")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "channels.web_form.words -> channels.telegram" in done.stdout
