"""Numbers in addresses, as ``{index:number}`` in routes."""

from __future__ import annotations

from starlette.convertors import IntegerConvertor, register_url_convertor


class AddressNumber(IntegerConvertor):
    """A number of an address, short enough for every use of it."""

    regex = "[0-9]{1,9}"


register_url_convertor("number", AddressNumber())
