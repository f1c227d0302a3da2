"""Luigi as its pages start: tasks with a file as their target, the local scheduler, one process for a row and one per core for a fan."""

import os
import time

import luigi

from work import count, in_row, tell, work

place = os.getcwd()


class Node(luigi.Task):
    index = luigi.IntParameter()

    def requires(self):
        return [Node(index=self.index - 1)] if in_row and self.index > 0 else []

    def output(self):
        return luigi.LocalTarget(os.path.join(place, str(self.index)))

    def run(self):
        with self.output().open("w") as file:
            file.write(str(work()))


if __name__ == "__main__":
    last = [Node(index=count - 1)] if in_row else [Node(index=index) for index in range(count)]
    began = time.time()
    good = luigi.build(last, local_scheduler=True, workers=1 if in_row else os.cpu_count(), log_level="ERROR")
    seconds = time.time() - began
    if not good or not all(Node(index=index).complete() for index in range(count)):
        raise SystemExit("Luigi did not carry out every node.")
    tell(seconds)
