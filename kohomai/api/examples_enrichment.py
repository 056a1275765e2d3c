"""The OpenAPI document's examples of enrichment; the tests hold each against its shape."""

from __future__ import annotations

from typing import Any

from kohomai.api.examples import CHANGED, CREATED, DATES, page

__all__ = [
    "COMPANY",
    "CSV",
    "DIRECTORY",
    "ENRICHMENT",
    "NEW_PROVIDER",
    "NEW_UPLOAD",
    "PROVIDER",
    "PROVIDER_IN",
    "TRIED",
    "UPLOAD",
    "page",
]

_MAPPING = [
    {"DataPoint": "Company", "Path": "$.company.name"},
    {"DataPoint": "Company revenue", "Path": "$.company.revenue", "Currency": "EUR"},
]
PROVIDER_IN: dict[str, Any] = {
    "Name": "Acme Data",
    "URL": "https://api.acme-data.example/companies?domain={{ Domain }}",
    "Headers": [{"Name": "Authorization", "Value": "Bearer 5f1d"}],
    "Mapping": _MAPPING,
    "CacheFor": "P90D",
    "RateLimit": 60,
    "Cost": {"Amount": 0.05, "Currency": "EUR"},
    "MonthlyBudget": {"Amount": 100, "Currency": "EUR"},
}
NEW_PROVIDER: dict[str, Any] = {
    "Id": 3,
    **PROVIDER_IN,
    "Method": "GET",
    "Headers": [{"Name": "Authorization", "Value": "hidden"}],
    "Mapping": [{"Currency": None, **one} for one in _MAPPING],
    "Body": None,
    "TimeLimit": 5.0,
    "Active": True,
    "Position": 1,
    "PausedUntil": None,
    "Months": [],
    **DATES,
}
PROVIDER: dict[str, Any] = {
    **NEW_PROVIDER,
    "Months": [
        {
            "Month": "2026-11",
            "Calls": 40,
            "Hits": 31,
            "Misses": 20,
            "Failures": 1,
            "Cached": 12,
            "Cost": {"Amount": 2, "Currency": "EUR"},
        }
    ],
}
TRIED: dict[str, Any] = {
    "Request": {
        "Method": "GET",
        "URL": "https://api.acme-data.example/companies?domain=bank.example",
        "Headers": [
            {"Name": "Authorization", "Value": "hidden"},
            {"Name": "Accept", "Value": "application/json"},
        ],
        "Body": None,
    },
    "Answer": {"Status": 200, "Body": '{"company": {"name": "The Bank", "revenue": 1200000}}'},
    "Took": 83,
    "Found": [
        {"Name": "Company", "Value": "The Bank"},
        {"Name": "Company revenue", "Value": {"Amount": 1200000, "Currency": "EUR"}},
    ],
    "Error": None,
}
ENRICHMENT: dict[str, Any] = {
    "Id": 17,
    "Lead": {"Id": 4},
    "Cause": "Registered",
    "Status": "Done",
    "Sought": ["Company", "Company revenue"],
    "Calls": [
        {
            "Provider": "Acme Data",
            "At": CREATED,
            "Asked": ["Company", "Company revenue"],
            "Found": ["Company"],
            "Cached": False,
            "Status": 200,
            "Error": "Company revenue is not there.",
            "Took": 83,
            "Cost": {"Amount": 0.05, "Currency": "EUR"},
        }
    ],
    "Error": None,
    "createdDate": CREATED,
    "EndedAt": CHANGED,
}

CSV = "Domain;Name;Size;Revenue;Currency;Industry;Sector\nbank.example;The Bank;900;1200000;EUR;Banking;Finance\n"
COMPANY: dict[str, Any] = {
    "Domain": "bank.example",
    "Name": "The Bank",
    "Size": 900,
    "Revenue": {"Amount": 1200000, "Currency": "EUR"},
    "Industry": "Banking",
    "Sector": "Finance",
}
DIRECTORY: dict[str, Any] = {
    "Rows": 84210,
    "Since": CHANGED,
    "Upload": {"Id": 5},
    "LastUpload": {"Id": 5, "Status": "Done"},
    "Months": [{"Month": "2026-11", "Asked": 310, "Found": 204}],
}
UPLOAD: dict[str, Any] = {
    "Id": 5,
    "Status": "Done",
    "Progress": 1,
    "Size": 7340032,
    "Imported": 84210,
    "Faulty": 1,
    "Encoding": "utf-8",
    "Separator": ";",
    "Columns": ["Domain", "Name", "Size", "Revenue", "Currency", "Industry", "Sector"],
    "IgnoredColumns": ["Town"],
    "Faults": [
        {
            "Line": 812,
            "Column": "Size",
            "Code": "WrongValue",
            "Detail": "Size must be a number, such as 42 or 10.5.",
        }
    ],
    "Error": None,
    **DATES,
    "EndedAt": CHANGED,
}
NEW_UPLOAD: dict[str, Any] = {
    **UPLOAD,
    "Status": "Waiting",
    "Progress": 0,
    "Imported": 0,
    "Faulty": 0,
    "Faults": [],
    "EndedAt": None,
}
