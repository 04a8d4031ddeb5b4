"""Calls a method with nothing but what the service says of itself, as tools of reflection do."""

import importlib

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


async def call(channel, version, method, request, options):
    protocol = importlib.import_module(f"grpc.reflection.{version}.reflection_pb2")
    asker = _Asker(channel, version, protocol)
    listed = await asker.ask(list_services="*")
    services = [service.name for service in listed.list_services_response.service]
    service, name = method.split("/")
    pool = descriptor_pool.DescriptorPool()
    found = await asker.ask(file_containing_symbol=service)
    files = [
        descriptor_pb2.FileDescriptorProto.FromString(octets)
        for octets in found.file_descriptor_response.file_descriptor_proto
    ]
    await _add(pool, {file.name: file for file in files}, files[0].name, asker, set())
    described = pool.FindServiceByName(service).methods_by_name[name]
    factory = message_factory.MessageFactory(pool)
    asked, answered = factory.GetPrototype(described.input_type), factory.GetPrototype(described.output_type)
    unary = channel.unary_unary("/" + method, asked.SerializeToString, answered.FromString)
    answer = await unary(json_format.ParseDict(request, asked()), **options)
    missing = await asker.ask(file_containing_symbol="posh.v1.Gopher")
    return {
        "services": services,
        "methods": [found.name for found in pool.FindServiceByName(service).methods],
        "files": sorted(file.name for file in files),
        "fault": missing.error_response.error_code,
        "message": json_format.MessageToDict(answer),
    }


async def _add(pool, files, name, asker, added):
    """The file after what it imports. What the first answer left out is asked for by its name, as tools do."""
    if name in added:
        return
    added.add(name)
    if name not in files:
        found = await asker.ask(file_by_filename=name)
        files[name] = descriptor_pb2.FileDescriptorProto.FromString(found.file_descriptor_response.file_descriptor_proto[0])
    for dependency in files[name].dependency:
        await _add(pool, files, dependency, asker, added)
    pool.Add(files[name])


class _Asker:
    def __init__(self, channel, version, protocol):
        self._protocol = protocol
        self._open = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            protocol.ServerReflectionRequest.SerializeToString,
            protocol.ServerReflectionResponse.FromString,
        )

    async def ask(self, **request):
        stream = self._open()
        await stream.write(self._protocol.ServerReflectionRequest(**request))
        answer = await stream.read()
        await stream.done_writing()
        return answer
