"""TensorBoard's event files, by tensorboard's EventAccumulator with all points kept."""

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.util import tensor_util

from readers.points import Points


def accumulator(path):
    guidance = {kind: 0 for kind in event_accumulator.DEFAULT_SIZE_GUIDANCE}
    events = event_accumulator.EventAccumulator(str(path), guidance, purge_orphaned_data=False)
    events.Reload()
    return events


def read_event_folder(paths):
    """All event files of one folder, sorted by name."""
    points = Points()
    for path in sorted(paths):
        if path.stat().st_size == 0:
            continue
        events = accumulator(path)
        tags = events.Tags()
        for tag in tags["scalars"]:
            points.series[tag] += [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in tags["histograms"]:
            points.histograms[tag] += len(events.Histograms(tag))
        for tag in tags["tensors"]:
            plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
            tensors = events.Tensors(tag)
            if plugin == "scalars":
                for event in tensors:
                    value = tensor_util.make_ndarray(event.tensor_proto)
                    points.series[tag].append((event.step, float(value.reshape(-1)[0])))
            elif plugin == "histograms":
                points.histograms[tag] += len(tensors)
    return points
