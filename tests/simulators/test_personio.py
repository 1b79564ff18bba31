"""What Personio answers, by its documents."""

from tests.simulators.conftest import PersonioAccount


def test_the_token_answer_has_life_and_scopes(personio: PersonioAccount) -> None:
    answer = personio.token().json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 86400)
    assert "personio:persons:read" in answer["scope"].split()


def test_wrong_secrets_are_refused_in_the_shape_of_oauth(personio: PersonioAccount) -> None:
    answer = personio.token(client_secret="wrong")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")
    personio.control("options", v2_auth_status=401)
    assert personio.token(client_secret="wrong").status_code == 401
    assert personio.token(grant_type="password").json()["error"] == "unsupported_grant_type"


def test_v1_signs_in_with_json_or_form_and_refuses_the_query(personio: PersonioAccount) -> None:
    pair = {name: personio.credentials[name] for name in ("client_id", "client_secret")}
    for answer in (personio.client.post("/v1/auth", json=pair), personio.client.post("/v1/auth", data=pair)):
        assert answer.json()["data"]["expires_in"] == 86400
    assert personio.client.post("/v1/auth", params=pair).status_code == 403
    wrong = personio.client.post("/v1/auth", json=pair | {"client_secret": "no"})
    assert (wrong.status_code, wrong.json()["success"]) == (403, False)


def test_v1_pages_by_offset_and_tells_totals(personio: PersonioAccount) -> None:
    seen = []
    for offset in (0, 25, 50):
        answer = personio.v1(limit=25, offset=offset).json()
        assert answer["metadata"] == {"total_elements": 60, "current_page": offset // 25, "total_pages": 3}
        seen += [row["attributes"]["id"]["value"] for row in answer["data"]]
    assert seen == [person["id"] for person in personio.told("people")["people"]]
    assert len(personio.v1().json()["data"]) == 10
    assert personio.v1(limit=201).status_code == 422


def test_v1_dates_have_the_offset_of_the_account_and_hours_are_text(personio: PersonioAccount) -> None:
    people = {person["id"]: person for person in personio.told("people")["people"]}
    for row in personio.v1(limit=200).json()["data"]:
        attributes = row["attributes"]
        day = people[attributes["id"]["value"]]["start_date"]
        assert attributes["hire_date"]["value"][:19] == f"{day}T00:00:00"
        assert attributes["hire_date"]["value"][19:] in ("+01:00", "+02:00")
        assert isinstance(attributes["weekly_working_hours"]["value"], str)


def test_v1_empty_objects_come_in_three_ways(personio: PersonioAccount) -> None:
    rows = personio.v1(limit=200).json()["data"]
    empty = [r["attributes"]["team"]["value"] for r in rows if not r["attributes"]["team"]["value"]]
    assert {str(value) for value in empty} == {"None", "", "[]"}


def test_v1_supervisors_are_whole_or_only_an_id(personio: PersonioAccount) -> None:
    row = personio.v1(limit=1).json()["data"][0]["attributes"]["supervisor"]["value"]["attributes"]
    assert row.keys() == {"id", "first_name", "last_name", "email"}
    personio.control("options", supervisor_id_only=True)
    row = personio.v1(limit=1).json()["data"][0]["attributes"]["supervisor"]["value"]["attributes"]
    assert row.keys() == {"id"}


def test_updated_since_ignores_limit_and_tells_of_changes_by_the_simulated_clock(
    personio: PersonioAccount,
) -> None:
    personio.control("clock", days=2)
    assert personio.v1(updated_since="2026-11-24").status_code == 401  # the token is older than a day
    personio.sign_in()
    assert personio.v1(updated_since="2026-11-24").json()["data"] == []
    ids = [person["id"] for person in personio.told("people")["people"]][5:17]
    personio.control("change", ids=ids, fields={"language": "pt"})
    found = personio.v1(updated_since="2026-11-24T00:00:00", limit=1, offset=9).json()["data"]
    assert [row["attributes"]["id"]["value"] for row in found] == ids
    found = personio.persons(**{"updated_at.gt": "2026-11-24T00:00:00Z"}, limit=5)
    assert [row["id"] for row in found] == [str(i) for i in ids]


def test_attributes_outside_the_whitelist_are_missing_everywhere(personio: PersonioAccount) -> None:
    """A5"""
    personio.control("permissions", whitelist=["first_name", "email", "dynamic_3051", "status"])
    keys = {"id", "first_name", "email", "dynamic_3051", "status"}
    assert personio.v1(limit=1).json()["data"][0]["attributes"].keys() == keys
    listed = personio.client.get("/v1/company/employees/attributes").json()["data"]
    assert {row["key"] for row in listed} == keys
    person = personio.persons()[0]
    assert "last_name" not in person
    assert [row["id"] for row in person["custom_attributes"]] == ["dynamic_3051"]
    url = f"/v2/persons/{person['id']}/employments"
    employment = personio.client.get(url).json()["_data"][0]
    assert {"office", "position", "termination"}.isdisjoint(employment)


def test_the_catalogue_gives_options_and_its_alias_answers_too(personio: PersonioAccount) -> None:
    one = personio.client.get("/v1/company/employees/attributes").json()
    assert one == personio.client.get("/v1/company/employees/custom-attributes").json()
    assert "Paris" in next(row["options"] for row in one["data"] if row["key"] == "office")


def test_v1_tokens_may_rotate(personio: PersonioAccount) -> None:
    personio.control("options", rotate_tokens=True)
    fresh = personio.v1().headers["authorization"]
    assert personio.v1().status_code == 403
    assert personio.client.get("/v1/company/employees", headers={"Authorization": fresh}).status_code == 200


def test_v2_pages_by_cursor_to_the_end(personio: PersonioAccount) -> None:
    persons = personio.persons(limit=25)
    assert [row["id"] for row in persons] == [str(row["id"]) for row in personio.told("people")["people"]]
    assert {row["status"] for row in persons} == {"ACTIVE", "INACTIVE"}
    answer = personio.client.get("/v2/persons?limit=51")
    assert (answer.status_code, "limit" in answer.json()["errors"][0]["detail"]) == (400, True)


def test_v2_custom_types_come_in_both_cases_and_ibans_may_have_spaces(personio: PersonioAccount) -> None:
    rows = [row for person in personio.persons() for row in person["custom_attributes"]]
    assert {row["type"] for row in rows} == {"STRING", "string", "STRING_LIST", "string_list"}
    ibans = [row["value"] for row in rows if row.get("global_id") == "iban" and row["value"]]
    assert any(" " in value for value in ibans)
    assert any(" " not in value for value in ibans)


def test_employments_tell_the_finer_state_and_coming_ends(personio: PersonioAccount) -> None:
    person = personio.control("terminate", n=1, date="2026-12-31")["ids"][0]
    newest = personio.client.get(f"/v2/persons/{person}/employments").json()["_data"][0]
    assert (newest["status"], newest["termination"]["termination_date"]) == ("ACTIVE", "2026-12-31")
    personio.control("change", id=person, fields={"end_date": None, "leave_from": "2026-11-01"})
    newest = personio.client.get(f"/v2/persons/{person}/employments").json()["_data"][0]
    assert newest["status"] == "LEAVE"
    assert newest["weekly_working_hours"] in (40, 24)


def test_a_switch_of_legal_entity_leaves_an_older_employment(personio: PersonioAccount) -> None:
    moved = next(row["id"] for row in personio.persons() if len(row["employments"]) > 1)
    newest, older = personio.client.get(f"/v2/persons/{moved}/employments").json()["_data"]
    assert older["termination"]["type"] == "SUB_COMPANY_SWITCH"
    assert older["employment_start_date"] < newest["employment_start_date"]


def test_a_missing_scope_is_401_for_persons_and_403_elsewhere(personio: PersonioAccount) -> None:
    personio.control("permissions", scopes=["personio:org-units:read"])
    answer = personio.client.get("/v2/persons")
    assert (answer.status_code, answer.json()["error"]["message"]) == (401, "Unauthorized Request")
    assert personio.client.get("/v2/workplaces").status_code == 403
    assert personio.client.get("/v2/org-units").status_code == 200
    assert personio.token().json()["scope"] == "personio:org-units:read"


def test_org_lists_resolve_the_ids_and_may_need_the_beta_header(personio: PersonioAccount) -> None:
    person = personio.persons()[0]["id"]
    employment = personio.client.get(f"/v2/persons/{person}/employments").json()["_data"][0]
    personio.control("options", beta_required=True)
    assert personio.client.get("/v2/workplaces").status_code == 404
    beta = {"Beta": "true"}
    for path, wanted in (
        ("workplaces", employment["office"]["id"]),
        ("legal-entities", employment["legal_entity"]["id"]),
        ("cost-centers", employment["cost_centers"][0]["id"]),
        ("org-units", employment["org_units"][0]["id"]),
    ):
        rows = personio.client.get(f"/v2/{path}", params={"limit": 100}, headers=beta).json()["_data"]
        assert wanted in {row["id"] for row in rows}


def test_v2_tells_its_limits_and_429_has_no_retry_after(personio: PersonioAccount) -> None:
    personio.control("options", limit={"rate": 0.5, "burst": 1})
    assert personio.client.get("/v2/persons").headers["x-ratelimit-remaining"] == "0"
    limited = personio.client.get("/v2/persons")
    assert limited.status_code == 429
    assert "retry-after" not in limited.headers
    assert limited.headers["x-ratelimit-replenish-rate"] == "0.5"
    assert limited.headers["x-ratelimit-burst-capacity"] == "1"


def test_errors_differ_by_version(personio: PersonioAccount) -> None:
    none, wrong = {"Authorization": ""}, {"Authorization": "Bearer no"}
    assert personio.client.get("/v1/company/employees", headers=none).json()["error"]["code"] == 401
    assert personio.client.get("/v1/company/employees", headers=wrong).status_code == 403
    assert personio.client.get("/v2/persons", headers=wrong).status_code == 401
    missing = personio.client.get("/v2/nothing")
    assert missing.headers["content-type"] == "application/problem+json"
    assert personio.client.get("/v1/company/employees/1").json()["error"]["message"].startswith("Es ist")


def test_revoked_tokens_and_secrets_end_access(personio: PersonioAccount) -> None:
    """A3"""
    personio.control("credentials", action="revoke")
    assert personio.client.get("/v2/persons").status_code == 401
    assert personio.token().status_code == 400
    personio.control("credentials", action="restore")
    personio.sign_in()
    assert personio.client.get("/v2/persons").status_code == 200


def test_webhooks_are_kept(personio: PersonioAccount) -> None:
    wanted = {"url": "https://spend.example/hook", "enabled_events": ["person.updated"]}
    made = personio.client.post("/v2/webhooks", json=wanted)
    assert made.status_code == 201
    assert len(personio.client.get("/v2/webhooks").json()["_data"]) == 1
    assert personio.client.delete(f"/v2/webhooks/{made.json()['id']}").status_code == 204
    assert personio.client.post("/v2/webhooks", json={"url": "http://spend.example"}).status_code == 400
