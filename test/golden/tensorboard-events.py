"""Writes tensorboard.events beside itself by TensorBoard's own writer, for tensorboard.test.ts.

Made with Python 3.11, tensorboard 2.21.0:
    pip install tensorboard && python test/golden/tensorboard-events.py

With a file as argument it reads that instead, by TensorBoard's own reader, and prints each scalar.
"""

import sys
from io import BytesIO
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

if len(sys.argv) > 1:
    for event in EventFileLoader(sys.argv[1]).Load():
        for value in event.summary.value:
            numbers = value.tensor.float_val or [value.simple_value]
            print(event.wall_time, event.step, value.tag, *numbers)
    sys.exit()

scalars = [(1, {"loss": 0.5, "gradient norm": 1234.5678}), (300, {"loss": 1e-7}), (70000, {"loss": float("nan")})]
events = [Event(wall_time=1.7e9, file_version="brain.Event:2")]
for step, values in scalars:
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
    events.append(Event(wall_time=1.7e9 + step, step=step, summary=summary))
file = BytesIO()
file.close, close = lambda: None, file.close
writer = RecordWriter(file)
for event in events:
    writer.write(event.SerializeToString())
Path(__file__).with_name("tensorboard.events").write_bytes(file.getvalue())
