import {
  createRegistry,
  toBinary,
  type DescExtension,
  type DescFile,
  type DescService,
  type Registry,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import type {
  ServerReflection as ServerReflectionV1,
  ServerReflectionRequest as RequestV1,
} from "#proto/grpc/reflection/v1/reflection_pb.ts";
import type {
  ServerReflection as ServerReflectionV1Alpha,
  ServerReflectionRequest as RequestV1Alpha,
} from "#proto/grpc/reflection/v1alpha/reflection_pb.ts";

/** What both versions of the protocol ask; they differ in nothing but their names. */
type Question = RequestV1["messageRequest"] | RequestV1Alpha["messageRequest"];
type Answer =
  | {
      readonly case: "listServicesResponse";
      readonly value: { readonly service: { readonly name: string }[] };
    }
  | {
      readonly case: "fileDescriptorResponse";
      readonly value: { readonly fileDescriptorProto: Uint8Array[] };
    }
  | {
      readonly case: "allExtensionNumbersResponse";
      readonly value: { readonly baseTypeName: string; readonly extensionNumber: number[] };
    }
  | {
      readonly case: "errorResponse";
      readonly value: { readonly errorCode: number; readonly errorMessage: string };
    };

export interface ReflectionHandlers {
  readonly v1: ServiceImpl<typeof ServerReflectionV1>;
  readonly v1alpha: ServiceImpl<typeof ServerReflectionV1Alpha>;
}

/**
 * Server reflection over the descriptors inside the generated code, so that generic clients (buf curl, grpcurl, Python's
 * reflection database) need no .proto files.
 *
 * @param services all that the server offers
 */
export function createReflection(services: readonly DescService[]): ReflectionHandlers {
  const index = createIndex(services);
  return {
    v1: { serverReflectionInfo: (requests) => respond(index, requests) },
    v1alpha: { serverReflectionInfo: (requests) => respond(index, requests) },
  };
}

async function* respond<Request extends { readonly host: string; readonly messageRequest: Question }>(
  index: Index,
  requests: AsyncIterable<Request>,
): AsyncGenerator<{ validHost: string; originalRequest: Request; messageResponse: Answer }> {
  for await (const request of requests) {
    yield {
      validHost: request.host,
      originalRequest: request,
      messageResponse: answer(index, request.messageRequest),
    };
  }
}

interface Index {
  readonly serviceNames: readonly string[];
  readonly files: ReadonlyMap<string, DescFile>;
  readonly registry: Registry;
}

function createIndex(services: readonly DescService[]): Index {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile): void => {
    if (files.has(file.proto.name)) return;
    files.set(file.proto.name, file);
    file.dependencies.forEach(add);
  };
  for (const service of services) add(service.file);
  return {
    serviceNames: services.map((service) => service.typeName).toSorted(),
    files,
    registry: createRegistry(...files.values()),
  };
}

function answer(index: Index, question: Question): Answer {
  switch (question.case) {
    case "listServices":
      return {
        case: "listServicesResponse",
        value: { service: index.serviceNames.map((name) => ({ name })) },
      };
    case "fileByFilename":
      return fileAnswer(index.files.get(question.value), `file ${question.value}`);
    case "fileContainingSymbol":
      return fileAnswer(fileOfSymbol(index.registry, question.value), `symbol ${question.value}`);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = question.value;
      const found = extensionsOf(index, containingType).find(({ number }) => number === extensionNumber);
      return fileAnswer(found?.file, `extension ${extensionNumber} of ${containingType}`);
    }
    case "allExtensionNumbersOfType":
      if (index.registry.getMessage(question.value) === undefined)
        return notFound(`message ${question.value}`);
      return {
        case: "allExtensionNumbersResponse",
        value: {
          baseTypeName: question.value,
          extensionNumber: extensionsOf(index, question.value).map(({ number }) => number),
        },
      };
    default:
      return {
        case: "errorResponse",
        value: { errorCode: Code.InvalidArgument, errorMessage: "The request asks for nothing." },
      };
  }
}

/** A symbol may be a type, or a field, value or method of one: then the type's file is meant. */
function fileOfSymbol(registry: Registry, symbol: string): DescFile | undefined {
  const found = registry.get(symbol);
  if (found !== undefined) return found.file;
  const cut = symbol.lastIndexOf(".");
  const owner = cut < 0 ? undefined : registry.get(symbol.slice(0, cut));
  const member = symbol.slice(cut + 1);
  switch (owner?.kind) {
    case "message":
      return owner.fields.some(({ name }) => name === member) ||
        owner.oneofs.some(({ name }) => name === member)
        ? owner.file
        : undefined;
    case "service":
      return owner.methods.some(({ name }) => name === member) ? owner.file : undefined;
    case "enum":
      return owner.values.some(({ name }) => name === member) ? owner.file : undefined;
    default:
      return undefined;
  }
}

function extensionsOf(index: Index, typeName: string): readonly DescExtension[] {
  return [...index.files.values()]
    .flatMap((file) => file.extensions)
    .filter((extension) => extension.extendee.typeName === typeName);
}

/** The file and all it imports, so that one question is enough. */
function fileAnswer(file: DescFile | undefined, what: string): Answer {
  if (file === undefined) return notFound(what);
  const all = new Set<DescFile>();
  const add = (next: DescFile): void => {
    if (all.has(next)) return;
    all.add(next);
    next.dependencies.forEach(add);
  };
  add(file);
  return {
    case: "fileDescriptorResponse",
    value: { fileDescriptorProto: [...all].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto)) },
  };
}

function notFound(what: string): Answer {
  return {
    case: "errorResponse",
    value: { errorCode: Code.NotFound, errorMessage: `There is no ${what} here.` },
  };
}
