#!/usr/bin/python3
"""What a report is made of, without a browser: page_checks.py PAGE [--absent TEXT]... prints one line "ok - …" or "not ok - …" for each thing that must hold."""
import html.parser
import re
import sys

VOID = {"meta", "link", "img", "br", "hr", "input", "wbr"}
ASKING = {"src", "href", "srcset", "action", "data", "poster", "formaction", "xlink:href"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.ids, self.levels, self.scripts, self.policy = [], [], set(), [], [], ""

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        for key, value in attributes:
            self.look_at(tag, key, value or "")
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "script":
            self.scripts.append(dict(attributes).get("type", ""))
        if tag == "meta" and dict(attributes).get("http-equiv", "").lower() == "content-security-policy":
            self.policy = dict(attributes)["content"]

    def look_at(self, tag, key, value):
        if key.startswith("on"):
            self.wrong.append("%s has %s" % (tag, key))
        if key == "style":
            self.wrong.append("%s has a style of its own" % tag)
        if key in ASKING and not value.startswith(("#", "data:")):
            self.wrong.append("%s asks for %s" % (tag, value[:80]))
        if key == "id" and value in self.ids:
            self.wrong.append("there are two elements %s" % value)
        if key == "id":
            self.ids.add(value)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append("</%s> ends something else at line %d" % (tag, self.getpos()[0]))


def main(path, absent):
    with open(path, encoding="utf-8", errors="strict") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    skipped = [pair for pair in zip(page.levels, page.levels[1:]) if pair[1] > pair[0] + 1]
    policy = page.policy
    references = set(re.findall(r'(?:aria-labelledby|for|href)="#?(t?[\w-]+)"', text)) - {"data"}
    checks = [
        ("elements are nested, have no scripts or styles of their own and ask for nothing", page.wrong),
        ("all elements are closed", page.open),
        ("headings follow each other without a gap, and there is one of the first level", skipped + ([] if page.levels.count(1) == 1 else [page.levels[:3]])),
        ("there are two scripts and the data", [] if page.scripts == ["application/json", "", ""] else page.scripts),
        ("the policy forbids all but the page's own scripts and style", [] if policy.startswith("default-src 'none'") and policy.count("'sha256-") == 3
         and not re.search(r"unsafe|https?:|\*", policy) else [policy or "none"]),
        ("what labels point at is there", sorted(r for r in references if r.startswith("t") and re.match(r"t\d+-", r) and r.endswith("-heading") and r not in page.ids)),
        ("no path, user or host is named", [word for word in absent if word and word in text]),
    ]
    bad = 0
    for what, wrong in checks:
        for sentence in list(wrong)[:10]:
            print("# %s" % (sentence,))
        print("%s - %s: %s" % ("not ok" if wrong else "ok", path, what))
        bad += bool(wrong)
    return 1 if bad else 0


if __name__ == "__main__":
    words = sys.argv[2:]
    sys.exit(main(sys.argv[1], [words[k + 1] for k in range(0, len(words) - 1, 2)]))
