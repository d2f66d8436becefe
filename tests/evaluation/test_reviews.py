import numpy as np

from oscb_nlp.evaluation.reviews import rates_by_review


def test_reviews_held_out_say_how_often_a_theme_is_found_and_passed_over() -> None:
    """Twelve reviews with the theme, of which nine are found; ten without, one of them called so."""
    owners = [f"r{i}" for i in range(22) for _passage in range(2)]
    truth, found = np.zeros((44, 2), np.int8), np.zeros((44, 2), np.int8)
    truth[0:24:2, 0] = 1
    found[1:18:2, 0] = 1  # in another passage of the same review
    found[30, 0] = 1
    truth[0:18:2, 1] = 1
    rates = rates_by_review(truth, found, owners, ["neglect", "covid-19"])
    assert rates == {"neglect": (9, 12, 9, 10)}, "nine reviews with a theme are too few"
