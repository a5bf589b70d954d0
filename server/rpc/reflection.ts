import { createRegistry, toBinary, type DescFile, type DescService, type Registry } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import type { ServerReflectionRequest as RequestV1 } from "#proto/grpc/reflection/v1/reflection_pb.ts";
import type { ServerReflectionRequest as RequestV1Alpha } from "#proto/grpc/reflection/v1alpha/reflection_pb.ts";

/**
 * Server reflection over the descriptors inside the generated code, so that generic clients (buf curl, grpcurl, Python's
 * reflection database) need no .proto files. Both versions of the protocol: they differ in nothing but their names.
 *
 * @param services all that the server offers
 */
export function createReflection(services: readonly DescService[]) {
  const files = [...new Set(services.flatMap(({ file }) => [...withImports(file)]))];
  const registry = createRegistry(...files);
  const names = services.map((service) => service.typeName).toSorted();
  const extensionsOf = (typeName: string) =>
    files.flatMap((file) => file.extensions).filter(({ extendee }) => extendee.typeName === typeName);

  const answer = (question: (RequestV1 | RequestV1Alpha)["messageRequest"]) => {
    switch (question.case) {
      case "listServices":
        return { case: "listServicesResponse", value: { service: names.map((name) => ({ name })) } } as const;
      case "fileByFilename": {
        const file = files.find(({ proto }) => proto.name === question.value);
        return fileAnswer(file, `file ${question.value}`);
      }
      case "fileContainingSymbol":
        return fileAnswer(fileOfSymbol(registry, question.value), `symbol ${question.value}`);
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = question.value;
        const found = extensionsOf(containingType).find(({ number }) => number === extensionNumber);
        return fileAnswer(found?.file, `extension ${extensionNumber} of ${containingType}`);
      }
      case "allExtensionNumbersOfType": {
        const baseTypeName = question.value;
        if (registry.getMessage(baseTypeName) === undefined) return notFound(`message ${baseTypeName}`);
        const extensionNumber = extensionsOf(baseTypeName).map(({ number }) => number);
        return { case: "allExtensionNumbersResponse", value: { baseTypeName, extensionNumber } } as const;
      }
      default:
        return errorAnswer(Code.InvalidArgument, "The request asks for nothing.");
    }
  };
  return {
    async *serverReflectionInfo<Request extends RequestV1 | RequestV1Alpha>(
      requests: AsyncIterable<Request>,
    ) {
      for await (const request of requests) {
        const messageResponse = answer(request.messageRequest);
        yield { validHost: request.host, originalRequest: request, messageResponse };
      }
    },
  };
}

/** The file and all it imports. */
function withImports(file: DescFile, found = new Set<DescFile>()): ReadonlySet<DescFile> {
  if (found.has(file)) return found;
  found.add(file);
  for (const imported of file.dependencies) withImports(imported, found);
  return found;
}

/** A symbol may be a type, or a field, value or method of one: then the type's file is meant. */
function fileOfSymbol(registry: Registry, symbol: string): DescFile | undefined {
  const found = registry.get(symbol);
  if (found !== undefined) return found.file;
  const cut = symbol.lastIndexOf(".");
  const owner = cut < 0 ? undefined : registry.get(symbol.slice(0, cut));
  const member = symbol.slice(cut + 1);
  return owner !== undefined && membersOf(owner).some(({ name }) => name === member) ? owner.file : undefined;
}

function membersOf(type: NonNullable<ReturnType<Registry["get"]>>): readonly { readonly name: string }[] {
  switch (type.kind) {
    case "message":
      return [...type.fields, ...type.oneofs];
    case "service":
      return type.methods;
    case "enum":
      return type.values;
    case "extension":
      return [];
  }
}

/** The file with its imports, so that one question is enough. */
function fileAnswer(file: DescFile | undefined, what: string) {
  if (file === undefined) return notFound(what);
  const fileDescriptorProto = [...withImports(file)].map(({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  );
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } } as const;
}

function notFound(what: string) {
  return errorAnswer(Code.NotFound, `There is no ${what} here.`);
}

function errorAnswer(errorCode: Code, errorMessage: string) {
  return { case: "errorResponse", value: { errorCode, errorMessage } } as const;
}
