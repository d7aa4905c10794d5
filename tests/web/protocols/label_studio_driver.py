"""A whole Label Studio with a project, in its own environment: what it makes of the backend that it is told of."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests
from label_studio_sdk.converter.brush import decode_rle

USER, PASSWORD = "somebody@example.org", "a-pass-word"


def main(folder: Path, port: str, picture: Path) -> None:
    """Print an access token; read the question as a line; print how the backend is, and its masks."""
    settings = {"ML_BLOCK_LOCAL_IP": "false", "SSRF_PROTECTION_ENABLED": "false", "COLLECT_ANALYTICS": "false"}
    settings |= {"LABEL_STUDIO_BASE_DATA_DIR": str(folder), "LATEST_VERSION_CHECK": "false", "SENTRY_DSN": ""}
    program = [str(Path(sys.executable).with_name("label-studio")), "start", "--no-browser", "--port", port]
    program += ["--username", USER, "--password", PASSWORD]
    with (folder / "log").open("w") as log:
        started = subprocess.Popen(program, env={**os.environ, **settings}, stdout=log, stderr=log)
        try:
            drive(f"http://127.0.0.1:{port}", picture)
        finally:
            started.terminate()
            started.wait()


def drive(address: str, picture: Path) -> None:
    """Work as a page of Label Studio does."""
    page = requests.Session()
    while True:
        try:
            login = page.get(f"{address}/user/login")
            break
        except requests.ConnectionError:
            time.sleep(1)
    found = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', login.text)
    assert found is not None
    page.headers["Referer"] = address
    page.post(f"{address}/user/login", {"email": USER, "password": PASSWORD, "csrfmiddlewaretoken": found[1]})
    page.headers["X-CSRFToken"] = str(page.cookies["csrftoken"])

    def post(path: str, **content: Any) -> Any:
        answer = page.post(f"{address}/api/{path}", **content)
        answer.raise_for_status()
        return answer.json()

    print(post("token/", json={})["token"], flush=True)
    question = json.loads(sys.stdin.readline())
    project = post("projects", json={"title": "discs", "label_config": question["config"]})["id"]
    post(f"projects/{project}/import", files={picture.name: (picture.name, picture.read_bytes(), "image/png")})
    task = page.get(f"{address}/api/tasks?project={project}").json()["tasks"][0]["id"]
    access = {"auth_method": "BASIC_AUTH", "basic_auth_user": "x", "basic_auth_pass": question["token"]}
    about = {"project": project, "url": question["backend"], "title": "s2m", "is_interactive": True}
    backend = post("ml", json={**about, **access})
    masks = []
    for marks in question["marks"]:
        asked = {"task": task, "context": {"result": marks}}
        (region,) = post(f"ml/{backend['id']}/interactive-annotating", json=asked)["data"]["result"]
        pixels = decode_rle(region["value"]["rle"])
        masks.append(pixels.reshape(region["original_height"], region["original_width"], 4)[:, :, 3].tolist())
    print(json.dumps({"state": backend["readable_state"], "masks": masks}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
