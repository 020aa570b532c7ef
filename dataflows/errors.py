"""Errors the dataflows raise on purpose, arranged by what a caller can do about them.

    CandelabraError                 base: `except CandelabraError` is every failure with a message for a person
      BrokerError                   the broker is the trouble, not the data
        BrokerUnavailable           none can be started here (no wheel, Java, Maven): install, or point elsewhere
        BrokerUnreachable           one should be there and did not answer: check the address, wait, retry
        TopicMissing                a topic that is needed is not there: create the topics
        TopicUnfit                  a topic has a form that cannot be worked with: create it anew
        OffsetLost                  the place to resume from is gone from the topic: see the message for the ways out
        DeliveryFailed              the broker did not take an output record: nothing is lost, the run stops before it
        TopicUnreadable             the broker refuses to let this client read a topic (`dataflows.kafka.follow`)
      RegistryError                 the schema registry does not answer or refuses (`dataflows.kafka.registry`)
        UnknownSchemaIdError        it answers, and has no schema with this id
      CommandRefused                a command makes no sense as things stand; nothing changes by it
      RecoveryRefused               the recovery store cannot be used as things are: the message has the ways out
        RecoveryBusy                another process has it: end that one, or wait
        RecoveryDiskFull            its disk is full: make space (`dataflows.recovery.refusal`)
      CrashLoop                     the cluster failed again and again: the message has the last cause
      WorkerFailed                  the flow ended with an error of its own: report it with its traceback
      BenchFailed                   a benchmark could not be run to its end, or its output was wrong
      FileUnreadable                a file that was named cannot be opened: correct the name
      CandleFileError               a file of candles cannot be read: correct the file or the flags
      DemoDataMissing               the demo's candles are not installed: install the extra
      ClientConfigInvalid           librdkafka refused a client setting: correct the named setting
      TopicAdministrationRefused    the broker refused to create or describe a topic: ask who runs it

``permanent`` errors stay what they are however often one tries: a supervisor does not try again.

Messages never carry the values of client settings other than `bootstrap.servers`: those may be secrets.
"""

from pathlib import Path
from typing import ClassVar


class CandelabraError(Exception):
    """Base of all errors that are explained to the person who runs the program."""

    permanent: ClassVar[bool] = True
    """Whether trying again would end alike."""


class BrokerError(CandelabraError):
    """A broker could not be started, reached or used."""

    permanent = False


class BrokerUnavailable(BrokerError):
    """No broker can be started on this machine; the message names what is missing and how to get it."""


class BrokerUnreachable(BrokerError):
    """A broker that was named did not answer in time; the message names the address and the likely cause."""


class TopicMissing(BrokerError):
    """A topic does not exist on the broker; the message names it and how to create it."""


class TopicUnfit(BrokerError):
    """A topic exists and cannot be used as it is; the message says what was expected, what is there, the way out."""

    permanent = True


class OffsetLost(BrokerError):
    """The offset to go on from does not exist on the broker; going on elsewhere would skip or repeat candles."""

    permanent = True


class DeliveryFailed(BrokerError):
    """An output record was not acknowledged; the epoch is not completed, so a restart produces it again."""


class CommandRefused(CandelabraError):
    """A command names what does not exist, or contradicts what does; the message says what to do instead."""


class WorkerFailed(CandelabraError):
    """The flow ended with an error that nobody explained; the cause is chained."""

    permanent = False


class RecoveryRefused(CandelabraError):
    """The recovery store, or a snapshot in it, cannot be used; the message says what was expected and the ways out."""


class RecoveryBusy(RecoveryRefused):
    """Another process has the recovery store."""

    permanent = False


class CrashLoop(CandelabraError):
    """The cluster failed again and again; the message says how often, and what the last cause was."""


class BenchFailed(CandelabraError):
    """A benchmark's process failed, or what it put out is not what it should be: no figure is given."""


class FileUnreadable(CandelabraError):
    """A file cannot be opened or read; ``reason`` says why, without the file's name."""

    def __init__(self, path: Path, reason: str) -> None:
        self.reason = f"cannot be read: {reason}"
        super().__init__(f"{path}: {self.reason}")


class CandleFileError(CandelabraError):
    """A file does not hold candles; the message names the file, what was expected and what is there."""


class DemoDataMissing(CandelabraError):
    """The package that ships the demo's candles is not installed; the message names it and the extra."""


class ClientConfigInvalid(CandelabraError):
    """The Kafka client refused a setting; the message names the setting and never its value."""


class TopicAdministrationRefused(CandelabraError):
    """The broker refused to create or describe a topic; the message names it and gives the broker's reason."""
