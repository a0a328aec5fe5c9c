import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.keyinfo.KeyValue;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Prints for each file, and for each signature in it in document order, whether the JDK finds it valid in context. */
public class Verify {
    public static void main(String[] files) throws Exception {
        for (String file : files) {
            StringBuilder line = new StringBuilder(Path.of(file).getFileName().toString());
            Document document = parse(Files.readAllBytes(Path.of(file)));
            NodeList signatures = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
            for (int i = 0; i < signatures.getLength(); i++) {
                line.append(verify((Element) signatures.item(i)) ? " valid" : " invalid");
            }
            System.out.println(line);
        }
    }

    static Document parse(byte[] xml) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(new java.io.ByteArrayInputStream(xml));
    }

    static boolean verify(Element signature) throws Exception {
        markIds(signature.getOwnerDocument().getDocumentElement());
        XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
        KeySelector selector = new KeySelector() {
            @Override
            public javax.xml.crypto.KeySelectorResult select(
                    javax.xml.crypto.dsig.keyinfo.KeyInfo info, Purpose purpose,
                    javax.xml.crypto.AlgorithmMethod method, javax.xml.crypto.XMLCryptoContext context) {
                for (Object content : info.getContent()) {
                    if (content instanceof KeyValue) {
                        return () -> key((KeyValue) content);
                    }
                }
                return () -> null;
            }
        };
        DOMValidateContext context = new DOMValidateContext(selector, signature);
        context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.FALSE);
        try {
            return factory.unmarshalXMLSignature(context).validate(context);
        } catch (javax.xml.crypto.dsig.XMLSignatureException | javax.xml.crypto.MarshalException error) {
            return false;
        }
    }

    static PublicKey key(KeyValue value) {
        try {
            return value.getPublicKey();
        } catch (java.security.KeyException error) {
            throw new IllegalStateException(error);
        }
    }

    static void markIds(Element element) {
        if (element.hasAttribute("ID")) {
            element.setIdAttribute("ID", true);
        }
        for (org.w3c.dom.Node child = element.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element) {
                markIds((Element) child);
            }
        }
    }
}
