"""A foreign client: commands as lines of JSON in, what comes of them as lines of JSON out. See ../Driver.ts."""

import asyncio
import json
import os
import sys

import grpc
from google.protobuf import json_format, symbol_database
from google.rpc import error_details_pb2, status_pb2

# Debian's library has the name of the package in which health and reflection are.
grpc.__path__.append(os.path.join(sys.argv[1], "grpc"))

from grpc.health.v1 import health_pb2  # noqa: E402, F401
from posh.v1 import verification_service_pb2 as posh  # noqa: E402
from posh.v1 import verification_service_pb2_grpc as posh_grpc  # noqa: E402

import reflected  # noqa: E402

channels = {}
streams = {}
tasks = {}


def tell(number, **members):
    print(json.dumps({"id": number, **members}), flush=True)


def failure(error):
    """A status with what is in its details."""
    told = {"status": error.code().value[0], "text": error.details()}
    for name, value in error.trailing_metadata() or ():
        if name == "www-authenticate":
            told["challenge"] = value
        if name != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info, request, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                told.update(reason=info.reason, domain=info.domain, instance=info.metadata["instance"])
            if detail.Unpack(request):
                told["field"] = request.field_violations[0].field
            if detail.Unpack(retry):
                told["retryMs"] = retry.retry_delay.ToMilliseconds()
    return told


def messages_of(method):
    """The classes that protoc made for the messages of a method. A missing one is called with those of `Verify`."""
    symbols = symbol_database.Default()
    service, name = method.split("/")
    described = posh.DESCRIPTOR.services_by_name["VerificationService"].methods_by_name["Verify"]
    try:
        described = symbols.pool.FindServiceByName(service).methods_by_name.get(name, described)
    except KeyError:
        pass
    return [symbols.GetPrototype(kind) for kind in (described.input_type, described.output_type)]


def options_of(command):
    metadata = [(name, value) for name, value in command.get("headers", [])]
    for name, value in command.get("binary", []):
        metadata.append((name, bytes.fromhex(value)))
    timeout = command.get("timeoutMs")
    return {
        "metadata": metadata,
        "timeout": timeout and timeout / 1000,
        "compression": grpc.Compression.Gzip if command.get("gzip") else None,
    }


def shown(message):
    return json_format.MessageToDict(message)


def dial(command):
    options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    if "ca" not in command:
        channels[command["channel"]] = grpc.aio.insecure_channel(command["target"], options)
        return
    octets = [command[name].encode() if name in command else None for name in ("ca", "key", "cert")]
    secure = grpc.ssl_channel_credentials(*octets)
    channels[command["channel"]] = grpc.aio.secure_channel(command["target"], secure, options)


async def call(command):
    asked, answered = messages_of(command["method"])
    channel = channels[command["channel"]]
    method = channel.unary_unary("/" + command["method"], asked.SerializeToString, answered.FromString)
    request = json_format.ParseDict(command["request"], asked())
    tell(command["id"], status=0, message=shown(await method(request, **options_of(command))))


async def stream(command):
    asked, answered = messages_of(command["method"])
    channel = channels[command["channel"]]
    queue = streams[command["id"]]
    for request in command.get("requests", []):
        queue.put_nowait(request)
    if command.get("isWhole"):
        queue.put_nowait(None)

    async def requests():
        while (request := await queue.get()) is not None:
            yield json_format.ParseDict(request, asked())

    path, coders = "/" + command["method"], (asked.SerializeToString, answered.FromString)
    if command["method"].endswith("/Watch"):
        request = json_format.ParseDict(await queue.get(), asked())
        opened = channel.unary_stream(path, *coders)(request, **options_of(command))
    else:
        opened = channel.stream_stream(path, *coders)(requests(), **options_of(command))
    async for message in opened:
        tell(command["id"], message=shown(message))
    tell(command["id"], status=0)


async def repeat(command):
    """`count` calls of `Verify`, `parallel` at a time, by the stub that protoc made."""
    stub = posh_grpc.VerificationServiceStub(channels[command["channel"]])
    request = json_format.ParseDict(command["request"], posh.VerifyRequest())
    options = options_of(command)
    left = iter(range(command["count"]))

    async def some():
        return sum([(await stub.Verify(request, **options)).answer.valid for _ in left])

    counts = await asyncio.gather(*(some() for _ in range(command["parallel"])))
    tell(command["id"], status=0, message={"valid": sum(counts)})


async def reflect(command):
    channel = channels[command["channel"]]
    message = await reflected.call(channel, command["version"], command["method"], command["request"], options_of(command))
    tell(command["id"], status=0, message=message)


async def run(command):
    works = {"call": call, "stream": stream, "repeat": repeat, "reflect": reflect}
    try:
        await works[command["do"]](command)
    except grpc.RpcError as error:
        tell(command["id"], **failure(error))
    except asyncio.CancelledError:
        tell(command["id"], status=1, text="by the client")
    except Exception as error:  # of the library, before anything is sent
        tell(command["id"], status=-1, text=repr(error))


async def main():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        kind, number = command["do"], command.get("id")
        if kind == "dial":
            dial(command)
        elif kind == "send":
            streams[number].put_nowait(command["request"])
        elif kind == "end":
            streams[number].put_nowait(None)
        elif kind == "cancel":
            tasks[number].cancel()
        else:
            streams[number] = asyncio.Queue()
            tasks[number] = asyncio.create_task(run(command))


asyncio.run(main())
