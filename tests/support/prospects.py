"""A look-alike of the public file of "X Education" leads: same columns, same kinds of values, and its faults."""

from __future__ import annotations

import csv
import io
import random
import uuid

HEADERS = [
    "Prospect ID", "Lead Number", "Lead Origin", "Lead Source", "Do Not Email", "Do Not Call", "Converted",
    "TotalVisits",
    "Total Time Spent on Website", "Page Views Per Visit", "Last Activity", "Country", "Specialization",
    "How did you hear about X Education", "What is your current occupation",
    "What matters most to you in choosing a course", "Search", "Magazine", "Newspaper Article", "X Education Forums",
    "Newspaper", "Digital Advertisement", "Through Recommendations", "Receive More Updates About Our Courses", "Tags",
    "Lead Quality", "Update me on Supply Chain Content", "Get updates on DM Content", "Lead Profile", "City",
    "Asymmetrique Activity Index", "Asymmetrique Profile Index", "Asymmetrique Activity Score",
    "Asymmetrique Profile Score", "I agree to pay the amount through cheque",
    "A free copy of Mastering The Interview", "Last Notable Activity", "",
]  # fmt: skip

SOME = {
    "Lead Origin": ["API", "Landing Page Submission", "Lead Add Form", "Lead Import", "Quick Add Form"],
    "Lead Source": ["Google", "google", "Direct Traffic", "Olark Chat", "Organic Search", "Reference", ""],
    "Last Activity": ["Email Opened", "SMS Sent", "Olark Chat Conversation", "Page Visited on Website", ""],
    "Country": ["India", "India", "India", "United States", "Côte d’Ivoire", ""],
    "Specialization": ["Select", "", "Finance Management", "Banking, Investment And Insurance"],
    "How did you hear about X Education": ["Select", "", "Online Search", "Word Of Mouth"],
    "What is your current occupation": ["Unemployed", "", "Working Professional", "Student", "Businessman"],
    "What matters most to you in choosing a course": ["Better Career Prospects", "", "Flexibility & Convenience"],
    "Tags": ["", "Will revert after reading the email", "Ringing", "Interested  in full time MBA"],
    "Lead Quality": ["", "Might be", "Not Sure", "High in Relevance", "Worst"],
    "Lead Profile": ["Select", "", "Potential Lead", "Other Leads"],
    "City": ["Mumbai", "Select", "", "Thane & Outskirts"],
    "Asymmetrique Activity Index": ["", "01.High", "02.Medium", "03.Low"],
    "Asymmetrique Profile Index": ["", "01.High", "02.Medium", "03.Low"],
    "Last Notable Activity": [
        "Modified", "Email Opened", "SMS Sent", "Page Visited on Website", "Olark Chat Conversation", "Unsubscribed",
        "Email Bounced", "Had a Phone Conversation",
    ],
}  # fmt: skip


def look_alike(rows: int, seed: int = 1) -> list[list[str]]:
    """So many rows, without the headers; the same for the same seed."""
    chance = random.Random(seed)
    return [make_row(chance, number) for number in range(rows)]


def make_row(chance: random.Random, number: int) -> list[str]:
    """One prospect."""
    visits = chance.choice(["", "0", "1", "2", "3", "7", "25"])
    own = {
        "Prospect ID": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "Lead Number": str(660737 - number * 7),
        "Converted": chance.choice("01"),
        "TotalVisits": visits,
        "Total Time Spent on Website": str(chance.choice([0, 60, 300, 674, 1200, 2272])),
        "Page Views Per Visit": chance.choice(["0", "1.5", "2", "2.33", "5", "14"]) if visits else "",
        "Asymmetrique Activity Score": chance.choice(["", "13", "14", "15"]),
        "Asymmetrique Profile Score": chance.choice(["", "15", "18", "20"]),
        "Do Not Email": chance.choice(["No"] * 9 + ["Yes"]),
        "A free copy of Mastering The Interview": chance.choice(["No", "Yes"]),
        "": "",
    }
    return [
        own.get(name) or (chance.choice(SOME[name]) if name in SOME else own.get(name, "No"))
        for name in HEADERS
    ]


def written(rows: list[list[str]], delimiter: str = ",") -> str:
    """The text of the file."""
    output = io.StringIO()
    csv.writer(output, delimiter=delimiter).writerows([HEADERS, *rows])
    return output.getvalue()
