"""``python -m oscb_nlp`` is ``oscb-nlp``."""

from oscb_nlp.cli import main

if __name__ == "__main__":
    main()
