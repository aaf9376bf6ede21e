"""`python -m manual`: writes the generated pages of docs/ anew, and takes away those of rules that are gone."""

from manual.pages import ROOT, leftovers, pages
from manual.pictures import PICTURE, readme_picture


def main() -> None:
    for path in leftovers():
        path.unlink()
        print(f"removed {path.relative_to(ROOT)}")
    for path, text in {**pages(), PICTURE: readme_picture()}.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
