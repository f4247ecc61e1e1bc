"""The API page: the OpenAPI document as a plain page that needs no script and no network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse, Response

from brandstudio.domain.access import Action, needs
from brandstudio.web.html import render
from brandstudio.web.rest.part import PREFIX

Schema = Mapping[str, Any]
_ABOUT = (
    "Everything the pages do, for programs. Send `Authorization: Bearer bst_…` with a token from "
    "your account page. Every failure has the shape of FailureBody."
)


@dataclass(frozen=True, slots=True)
class Value:
    """One parameter, or one field of a body."""

    name: str
    kind: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as the page shows it."""

    id: str
    group: str
    method: str
    path: str
    about: str
    parameters: tuple[Value, ...]
    body: str
    success: int
    answer: str


@dataclass(frozen=True, slots=True)
class Shape:
    """One named JSON shape."""

    name: str
    about: str
    fields: tuple[Value, ...]


def router() -> APIRouter:
    """The OpenAPI document and its page."""
    routes = APIRouter(include_in_schema=False, prefix=PREFIX)

    @routes.get("/openapi.json")
    @needs(Action.SIGNED_IN)
    def openapi(request: Request) -> Response:
        return JSONResponse(document(request.app), headers={"Cache-Control": "private, no-cache"})

    @routes.get("/docs")
    @needs(Action.SIGNED_IN)
    def docs(request: Request) -> Response:
        described = document(request.app)
        groups: dict[str, list[Operation]] = {}
        for operation in operations(described):
            groups.setdefault(operation.group, []).append(operation)
        return render("api.html", groups=groups, shapes=shapes(described))

    return routes


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the REST API."""
    described = get_openapi(
        title="BrandStudio API", version="1", description=_ABOUT, routes=app.routes
    )
    described["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "bs_session"},
    }
    described["security"] = [{"token": []}, {"cookie": []}]
    return described


def operations(described: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation of the document, in its order."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            success = min(int(status) for status in operation["responses"] if status < "3")
            yield Operation(
                id=f"{method}-{path.strip('/').replace('/', '-').translate(_NO_BRACES)}",
                group=operation.get("tags", ["Other"])[0],
                method=method.upper(),
                path=path,
                about=operation.get("description", ""),
                parameters=tuple(
                    Value(
                        name=p["name"],
                        kind=f"{kind_of(p['schema'])}, in {p['in']}",
                        is_required=p.get("required", False),
                        about=p.get("description", ""),
                    )
                    for p in operation.get("parameters", [])
                ),
                body=_content(operation.get("requestBody", {})),
                success=success,
                answer=_content(operation["responses"][str(success)]),
            )


def shapes(described: Mapping[str, Any]) -> list[Shape]:
    """Every named shape of the document."""
    schemas: Mapping[str, Any] = described["components"]["schemas"]
    return [
        Shape(
            name=name,
            about=schema.get("description", ""),
            fields=tuple(
                Value(
                    name=field,
                    kind=kind_of(value),
                    is_required=field in schema.get("required", []),
                    about=value.get("description", ""),
                )
                for field, value in schema.get("properties", {}).items()
            )
            or tuple(Value(str(v), "value", False, "") for v in schema.get("enum", [])),
        )
        for name, schema in sorted(schemas.items())
    ]


def kind_of(schema: Schema) -> str:
    """A JSON schema in a few words: `list of VariantBody`, `text or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(kind_of(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    if schema.get("additionalProperties"):
        values = schema["additionalProperties"]
        return "object" if values is True else f"object of {kind_of(values)}"
    kind = str(schema.get("type", "anything"))
    return _WORDS.get(str(schema.get("format", kind)), kind)


_NO_BRACES = str.maketrans("", "", "{}")
_WORDS = {"string": "text", "null": "null", "integer": "whole number", "date-time": "time"}


def _content(message: Schema) -> str:
    """What a body or an answer holds: a shape, or else its media type."""
    kinds: Schema = message.get("content", {})
    for media_type, content in kinds.items():
        return kind_of(content["schema"]) if content.get("schema") else media_type
    return ""
