"""nnInteractive's own client against a server, in the environment of the clients: what it sent and what it got."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import numpy as np
from nnInteractive.inference.remote.remote_session import nnInteractiveRemoteInferenceSession as Session


def main(address: str, token: str) -> None:
    """Draw in a volume of three slices, the middle one from the standard input, and print what happened."""
    discs = np.array(json.load(sys.stdin), dtype=np.uint8)
    volume = np.zeros((1, 3, *discs.shape), dtype=np.int16)
    volume[0, 1] = discs
    sent: list[dict[str, Any]] = []

    def record(request: Any) -> None:
        body = base64.b64encode(request.read()).decode()
        sent.append({"path": request.url.path, "meta": request.headers.get("X-Meta"), "body": body})

    with Session(address, token) as session:
        session._http.event_hooks = {"request": [record]}
        assert session.ping()
        target = np.zeros(volume.shape[1:], dtype=np.uint8)
        session.set_image(volume, {"spacing": np.ones(3)})
        session.set_target_buffer(target)
        scribble = np.zeros(target.shape, dtype=np.uint8)
        scribble[1, 47:50, 24:41] = 1
        steps: list[tuple[str, Any]] = []

        def step(name: str, answer: Any) -> None:
            steps.append((name, {"answer": answer, "mask": target[1].tolist(), "voxels": int(target.sum())}))

        step("scribble", session.add_scribble_interaction(scribble, True))
        # A straight line one voxel wide: its region says in which slice it lies.
        line = np.ones((1, 1, 17), dtype=np.uint8)
        step("not here", session.add_scribble_interaction(line, False, interaction_bbox=[[1, 2], [48, 49], [88, 105]]))
        step("undo", session.undo())
        session.reset_interactions()
        lasso = np.zeros((1, 43, 43), dtype=np.uint8)
        lasso[0, [0, 42]] = lasso[0, :, [0, 42]] = 1
        step("lasso", session.add_lasso_interaction(lasso, True, interaction_bbox=[[1, 2], [27, 70], [75, 118]]))
        session.reset_interactions()
        step("queued", session.add_point_interaction((1, 48, 32), True, run_prediction=False))
        step("point", session._predict())
        session.reset_interactions()
        step("box", session.add_bbox_interaction([[1, 2], [27, 69], [75, 117]], True))
        step("nothing left", [session.undo(), session.undo()])
        assert session.lease_status()["remaining_seconds"] > 0
        assert session.heartbeat() > 0
    print(json.dumps({"sent": sent, "steps": steps}))


if __name__ == "__main__":
    main(*sys.argv[1:])
